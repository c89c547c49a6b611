from typing import Any, TypeAlias

__all__ = ["ConnectClient", "ConnectParticipantClient"]

ConnectClient: TypeAlias = Any
ConnectParticipantClient: TypeAlias = Any
