# ruff: noqa: F403, I001
# mypy: disable-error-code="import-not-found,assignment,misc"
# An import of all names from a package that is not installed brings none. Of two that bring the same name, the first
# counts for mypy and the last for pyright: so the order reads the same from both ends, with `Any` in the middle.
from types_boto3_connect.client import *
from types_boto3_connectparticipant.client import *
from mypy_boto3_connect.client import *
from mypy_boto3_connectparticipant.client import *
from pytest_connect_chat._client_types.unknown import *
from mypy_boto3_connect.client import *
from mypy_boto3_connectparticipant.client import *
from types_boto3_connect.client import *
from types_boto3_connectparticipant.client import *
