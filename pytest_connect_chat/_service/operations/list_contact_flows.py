"""`ListContactFlows`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pytest_connect_chat._service.answer import RESOURCE_NOT_FOUND, Answer
from pytest_connect_chat._service.identifiers import instance_arn
from pytest_connect_chat._service.operations.pages import page_of
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.state import ServiceState

FLOWS_PER_PAGE: Final = 100  # "The default MaxResult size is 100"
FLOW_TYPE: Final = "CONTACT_FLOW"


def list_contact_flows(state: ServiceState, request: Request, now: datetime) -> Answer:
    """Answer one `ListContactFlows`: the flows that a test has declared, all of the type `CONTACT_FLOW`."""
    instance_id = request.params["InstanceId"]
    state.rules.require("instance-id-arn", not instance_id.startswith("arn:"), RESOURCE_NOT_FOUND)
    state.rules.require("instance-exists", state.instances.exists(instance_id), RESOURCE_NOT_FOUND)
    wanted = request.params.get("ContactFlowTypes") or [FLOW_TYPE]
    declared = state.instances.flows(instance_id) if FLOW_TYPE in wanted else {}
    flows: list[dict[str, Any]] = [
        {
            "Id": flow_id,
            "Arn": f"{instance_arn(instance_id, request.region)}/contact-flow/{flow_id}",
            "Name": name,
            "ContactFlowType": FLOW_TYPE,
            "ContactFlowState": "ACTIVE",
            "ContactFlowStatus": "PUBLISHED",
        }
        for flow_id, name in declared.items()
    ]
    return Answer(page_of(state, request, "ContactFlowSummaryList", flows, FLOWS_PER_PAGE))
