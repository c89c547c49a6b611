"""Rules on single members of a request that belong to no other subject: lengths, ranges, enums, `ClientToken`."""

from __future__ import annotations

from typing import Final

from pytest_connect_chat._service.rules import modelled
from pytest_connect_chat._service.rules.rule import (
    ASSUMED,
    DOCUMENTED,
    MODEL,
    PAGE,
    START,
    VALIDATION,
    WITH_TOKEN,
    form,
    members,
    state,
)

RULES: Final = (
    form(
        "instance-id-length",
        "InstanceId",
        "`InstanceId` is not longer than the model's maximum (100 characters).",
        MODEL,
        modelled.LengthCheck("InstanceId"),
    ),
    form(
        "contact-flow-id-empty",
        "ContactFlowId",
        "`ContactFlowId` is not empty (botocore lets it through).",
        MODEL,
        modelled.empty("ContactFlowId"),
        evidence=ASSUMED,
    ),
    form(
        "contact-flow-id-length",
        "ContactFlowId",
        "`ContactFlowId` is not longer than the model's maximum (500 characters).",
        MODEL,
        modelled.LengthCheck("ContactFlowId"),
    ),
    form(
        "display-name-length",
        "ParticipantDetails",
        "`ParticipantDetails.DisplayName` is not longer than the model's maximum (256 characters).",
        MODEL,
        modelled.LengthCheck("ParticipantDetails.DisplayName"),
    ),
    form(
        "response-mode-value",
        "ParticipantConfiguration",
        "`ParticipantConfiguration.ResponseMode` is one of the model's values (`INCREMENTAL`, `COMPLETE`).",
        MODEL,
        modelled.not_in_modelled_enum("ParticipantConfiguration.ResponseMode"),
    ),
    form(
        "client-token-empty",
        "ClientToken",
        "`ClientToken` is not empty (botocore lets it through).",
        MODEL,
        modelled.empty("ClientToken"),
        evidence=ASSUMED,
        operations=(*START, "StartContactStreaming"),
    ),
    form(
        "client-token-length",
        "ClientToken",
        "`ClientToken` is not longer than the model's maximum (500 characters).",
        MODEL,
        modelled.LengthCheck("ClientToken"),
    ),
    form(
        "chat-duration-range",
        "ChatDurationInMinutes",
        "`ChatDurationInMinutes` lies in the model's range (60 to 10,080 minutes).",
        PAGE,
        modelled.outside_modelled_range("ChatDurationInMinutes"),
    ),
    form(
        "customer-id-length",
        "CustomerId",
        "`CustomerId` is not longer than the model's maximum (128 characters).",
        MODEL,
        modelled.LengthCheck("CustomerId"),
    ),
    form(
        "disconnect-on-customer-exit-values",
        "DisconnectOnCustomerExit",
        "`DisconnectOnCustomerExit` has at most one entry, and that is `AGENT`.",
        MODEL,
        modelled.list_not_as_modelled("DisconnectOnCustomerExit"),
    ),
    form(
        "connection-types-values",
        "ConnectionTypes",
        "`ConnectionTypes` has at most two entries, each one of the model's values.",
        MODEL,
        modelled.list_not_as_modelled("ConnectionTypes"),
    ),
    members(
        "client-token-empty-invalid-request",
        "ClientToken",
        "`ClientToken` is not empty; of an operation whose model does not list `InvalidParameterException`.",
        MODEL,
        ASSUMED,
        modelled.empty("ClientToken"),
        operations=("CreateParticipant",),
    ),
    members(
        "custom-chat-duration",
        "ChatDurationInMinutes",
        "The account supports custom chat durations. Off unless enabled: an account without them.",
        PAGE,
        DOCUMENTED,
        modelled.unsupported("ChatDurationInMinutes"),
        enabled=False,
    ),
    state(
        "client-token-conflict",
        "ClientToken",
        'A used `ClientToken` comes with the same request. Holds with `client_token_conflict="error"`; otherwise the '
        "original contact is returned.",
        "IdempotencyException",
        "none",
        ASSUMED,
        operations=(*START, "StartContactStreaming", "CreateParticipant", "CreatePersistentContactAssociation"),
    ),
    state(
        "participant-client-token-conflict",
        "ClientToken",
        'A used `ClientToken` comes with the same request. Holds with `client_token_conflict="error"`; otherwise the '
        "original answer is returned.",
        VALIDATION,
        "none",
        ASSUMED,
        operations=tuple(operation for operation in WITH_TOKEN if operation != "SendEvent"),
    ),
)
