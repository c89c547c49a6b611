"""The instances and flows that a test has declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pytest_connect_chat._text import shown
from pytest_connect_chat.exceptions import SceneError


class Instances:
    """The declared instances and their flows. While none is declared, every instance and every flow exists."""

    def __init__(self) -> None:
        self._flows: dict[str, dict[str, str]] = {}

    def add(self, instance_id: str, contact_flow_ids: Iterable[str] | Mapping[str, str]) -> None:
        """Declare an instance, or add flows to a declared one. The name of a flow is its id unless it is given.

        Raises:
            SceneError: An id or a name is empty or not a text, or `contact_flow_ids` is no list of ids and no mapping.
        """
        if isinstance(contact_flow_ids, str) or not isinstance(contact_flow_ids, Iterable):
            raise SceneError(
                f"contact_flow_ids takes a list of ids, or maps ids to names, not {shown(contact_flow_ids)}."
            )
        _texts([instance_id])
        if isinstance(contact_flow_ids, (set, frozenset)):
            contact_flow_ids = sorted(_texts(contact_flow_ids))  # from one run to the next, a set has no order
        known = self._flows.get(instance_id, {})
        if isinstance(contact_flow_ids, Mapping):
            flows = dict(contact_flow_ids)
        else:
            flows = {flow_id: known.get(flow_id, flow_id) for flow_id in _texts(contact_flow_ids)}
        _texts([*flows, *flows.values()])
        self._flows[instance_id] = known | flows

    def exists(self, instance_id: str) -> bool:
        """Return whether the instance exists."""
        return not self._flows or instance_id in self._flows

    def has_flow(self, instance_id: str, contact_flow_id: str) -> bool:
        """Return whether the flow exists in the instance."""
        return not self._flows or contact_flow_id in self._flows.get(instance_id, {})

    def flows(self, instance_id: str) -> dict[str, str]:
        """Return the declared flows of the instance: names by ids."""
        return dict(self._flows.get(instance_id, {}))

    def all_flows(self) -> set[str]:
        """Return the ids of all declared flows."""
        return {flow_id for flows in self._flows.values() for flow_id in flows}

    def first(self) -> tuple[str, str | None] | None:
        """Return the first declared instance with its first flow; `None` if none is declared."""
        for instance_id, flows in self._flows.items():
            return instance_id, next(iter(flows), None)
        return None


def _texts(values: Iterable[Any]) -> list[str]:
    """Return the values as a list, if they are non-empty texts."""
    texts = list(values)
    for text in texts:
        if not isinstance(text, str) or not text:
            raise SceneError(f"Instance and flow ids, and names of flows, are non-empty texts, not {shown(text)}.")
    return texts
