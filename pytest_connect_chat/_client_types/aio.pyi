# ruff: noqa: F403, I001
# mypy: disable-error-code="import-not-found,assignment,misc"
# As in blocking.pyi.
from types_aiobotocore_connect.client import *
from types_aiobotocore_connectparticipant.client import *
from pytest_connect_chat._client_types.unknown import *
from types_aiobotocore_connect.client import *
from types_aiobotocore_connectparticipant.client import *
