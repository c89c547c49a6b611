"""What of rules and facts no live run can settle, and why."""

from __future__ import annotations

from typing import Final

_AGENT: Final = "needs an agent in the chat"
_TRANSFER: Final = "needs a transfer"
_TOPIC: Final = "needs topics of SNS, and who hears them"
_FLOW: Final = "depends on what the flow does"
_INSTANCE: Final = "depends on how the instance is set up"
_YEARS: Final = "needs contacts that are older than 24 months"
_SETTING: Final = "a setting of the fake; what the service does instead is settled by `token-changed-request`"

NOT_LIVE: Final[dict[str, str]] = {
    "active-chats": "opens 500 chats",
    "attachment-approved": _INSTANCE,
    "association-source": _TRANSFER,
    "client-token-conflict": _SETTING,
    "connection-token-unexpired": "waits a day",
    "custom-bot-without-agent": _AGENT,
    "custom-chat-duration": _INSTANCE,
    "participant-client-token-conflict": _SETTING,
    "participants-per-chat": _AGENT,
    "receipt-participants": _AGENT,
    "segment-attribute-predefined": _INSTANCE,
    "source-contact-initial": _TRANSFER,
    "streaming-endpoints": _TOPIC,
    "order-contacts-before-quota": "opens 500 chats",
    "token-seven-days": "waits seven days",
    "token-scope": "needs a second instance and region",
    "flag-needs-streaming-now": _TOPIC,
    "persistent-transcript-older": _YEARS,
    "associated-retention": _YEARS,
    "transfer-no-reason": _TRANSFER,
    "session-shares-attributes": _TRANSFER,
    "streams-through-transfers": _TRANSFER,
    "first-leaver-is-reason": _AGENT,
    "streaming-id-uuid": _TOPIC,
    "flow-one-id": _FLOW,
    "scan-in-progress": _INSTANCE,
    "segment-attribute-integer": _INSTANCE,
    "segment-attribute-system-only": _INSTANCE,
    "visibility-all": _TOPIC,
    "published-receipts": _TOPIC,
    "published-initial-message": _TOPIC,
    "flow-content-types": _FLOW,
    "disconnect-flow-silent": _FLOW,
    "left-hears-end-only": _AGENT,
    "no-heartbeats": "nobody knows for how long to watch",
    "every-origin": _INSTANCE,
}
"""Why no live run settles a rule or fact; its cases run on the fake only."""
