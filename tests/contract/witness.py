"""Who notes what a case sees, and holds it to what the fake says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from botocore.exceptions import ClientError

from contract.evidence import ANSWERED, DOES_NOT_HOLD, EXPECTED, HOLDS, INCONCLUSIVE, Sighting
from contract.scene import is_about_the_caller


class Witness:
    """Notes what one case sees.

    Args:
        case: The name of the case.
        settles: The ids of the rules and facts that it is about.
    """

    def __init__(self, case: str, settles: tuple[str, ...]) -> None:
        self._case = case
        self._settles = settles
        self.sightings: list[Sighting] = []

    @contextmanager
    def refused(self, settled: str, *, within: bool = False) -> Iterator[None]:
        """Note whether the request inside is refused, by which class and in which words."""
        try:
            yield
        except ClientError as error:
            answer, operation = error.response, str(error.operation_name)
            code = answer["Error"]["Code"]
            seen = INCONCLUSIVE if code != EXPECTED[settled] and is_about_the_caller(error) else code
            status, text = answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]
            self._note(Sighting(settled, self._case, operation, seen, status, text, within))
        else:
            self._note(Sighting(settled, self._case, "", ANSWERED, 200, within=within))

    def answered(self, settled: str) -> AbstractContextManager[None]:
        """Note whether the request inside, which is just within a rule, is answered."""
        return self.refused(settled, within=True)

    def holds(self, settled: str, condition: bool, text: object = "") -> None:
        """Note whether a fact holds, with what was there."""
        self._note(Sighting(settled, self._case, "", HOLDS if condition else DOES_NOT_HOLD, text=str(text)))

    @property
    def unseen(self) -> list[str]:
        """What the case has not looked at yet."""
        seen = {sighting.settles for sighting in self.sightings}
        return [settled for settled in self._settles if settled not in seen]

    def cannot_say(self, reason: str) -> None:
        """Note that what the case has not seen could not be seen."""
        for settled in self.unseen:
            self._note(Sighting(settled, self._case, "", INCONCLUSIVE, text=reason))

    def _note(self, sighting: Sighting) -> None:
        assert sighting.settles in self._settles, f"the case is not marked with settles({sighting.settles!r})"
        self.sightings.append(sighting)
