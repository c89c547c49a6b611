"""The instances and flows that a test has declared."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_connect_chat.exceptions import SceneError


class Instances:
    """The declared instances and their flows. While none is declared, every instance and every flow exists."""

    def __init__(self) -> None:
        self._flows: dict[str, tuple[str, ...]] = {}

    def add(self, instance_id: str, contact_flow_ids: Iterable[str]) -> None:
        """Declare an instance, or add flows to one that is declared.

        Raises:
            SceneError: An id is no non-empty text, or `contact_flow_ids` is no list of them.
        """
        if isinstance(contact_flow_ids, str) or not isinstance(contact_flow_ids, Iterable):
            raise SceneError(f"contact_flow_ids takes a list of ids, not {contact_flow_ids!r}.")
        flow_ids = tuple(contact_flow_ids)
        for identifier in (instance_id, *flow_ids):
            if not isinstance(identifier, str) or not identifier:
                raise SceneError(f"Instance and flow ids are non-empty texts, not {identifier!r}.")
        known = self._flows.get(instance_id, ())
        self._flows[instance_id] = tuple(dict.fromkeys(known + flow_ids))

    def exists(self, instance_id: str) -> bool:
        """Return whether the instance exists."""
        return not self._flows or instance_id in self._flows

    def has_flow(self, instance_id: str, contact_flow_id: str) -> bool:
        """Return whether the flow exists in the instance."""
        return not self._flows or contact_flow_id in self._flows.get(instance_id, ())

    def flows(self, instance_id: str) -> tuple[str, ...]:
        """Return the flows that are declared for the instance."""
        return self._flows.get(instance_id, ())

    def first(self) -> tuple[str, str | None] | None:
        """Return the first declared instance with its first flow, or `None` while none is declared."""
        for instance_id, flows in self._flows.items():
            return instance_id, flows[0] if flows else None
        return None
