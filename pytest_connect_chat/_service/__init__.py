"""Amazon Connect chat in memory: plain data in, plain data or `ServiceError` out.

Nothing here knows pytest, botocore or an event loop; `pytest_connect_chat._clients` carries requests in, answers out.
"""
