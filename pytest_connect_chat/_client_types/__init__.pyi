# What clients are to type checkers and editors: the classes of the stubs that are installed, `Any` where none are.
from pytest_connect_chat._client_types.aio import ConnectClient as AioConnectClient
from pytest_connect_chat._client_types.aio import ConnectParticipantClient as AioConnectParticipantClient
from pytest_connect_chat._client_types.blocking import ConnectClient, ConnectParticipantClient

__all__ = ["AioConnectClient", "AioConnectParticipantClient", "ConnectClient", "ConnectParticipantClient"]
