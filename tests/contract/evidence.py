"""What a live run has seen, as files of `docs/evidence/`: written without account data, and held to the fake."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from contract.facts import FACTS
from pytest_connect_chat._service.rules import RULES

FOLDER: Final = Path(__file__).parents[2] / "docs" / "evidence"
ANSWERED: Final = "answered"  # what is seen of a rule where nothing refuses the request
HOLDS: Final = "holds"
DOES_NOT_HOLD: Final = "does not hold"
INCONCLUSIVE: Final = "inconclusive"

EXPECTED: Final[dict[str, str]] = {
    **{rule.id: rule.code if rule.code and rule.enabled else ANSWERED for rule in RULES},
    **{fact.id: HOLDS for fact in FACTS},
}
"""What the fake says of each rule and fact: an exception class, `answered` or `holds`."""

_HIDDEN: Final = (
    (re.compile(r"arn:[\w-]+:[^\s\"']*"), "<arn>"),
    (re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\b[0-9a-fA-F]{32}\b"), "<id>"),
    (re.compile(r"\w+://[^\s\"]*"), "<url>"),
    (re.compile(r"\b[\w-]+(?:\.[\w-]+)*\.(?:amazonaws\.com|connect\.aws|awsapps\.com)\S*"), "<url>"),
    (re.compile(r"[\w.+-]+@[\w.-]+"), "<address>"),
    (re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"), "<key>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "<ip>"),
    (re.compile(r"(?<!\d)(?:\d{12}|\d{4}-\d{4}-\d{4})(?!\d)"), "<account>"),
    (re.compile(r"(?=[\w+/=.~-]*\d)[\w+/=.~-]{40,}"), "<long>"),
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one case saw of one rule or fact.

    Attributes:
        settles: The id of the rule or fact.
        case: The name of the case.
        operation: The operation that was called; empty for a fact.
        seen: For a rule an exception class or `answered`, for a fact `holds` or `does not hold`; or `inconclusive`.
        status: The HTTP status, where there was an answer.
        text: The service's words, or why nothing could be seen; without account data.
        within: Whether the request was just within the rule, so that it is to be answered.
    """

    settles: str
    case: str
    operation: str
    seen: str
    status: int | None = None
    text: str = ""
    within: bool = False

    @property
    def expected(self) -> str:
        """What the fake says."""
        return ANSWERED if self.within else EXPECTED[self.settles]

    @property
    def contradicts(self) -> bool:
        """Whether the fake does something else."""
        return self.seen not in (INCONCLUSIVE, self.expected)

    def __str__(self) -> str:
        request = ", a request just within it" if self.within else ""
        return f"{self.settles}{request}: the fake says {self.expected}, seen was {self.seen} ({self.case})"

    @property
    def is_of(self) -> tuple[str, str, str, bool]:
        """What the sighting is of: a later one of the same takes its place."""
        return self.settles, self.case, self.operation, self.within


@dataclass(frozen=True)
class Run:
    """One live run.

    Attributes:
        date: The day, in ISO 8601.
        region: Where the instance is.
        client: The kind and version of the client.
        sightings: What it saw.
    """

    date: str
    region: str
    client: str
    sightings: list[Sighting] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.date}, {self.region}, {self.client}"

    def written(self) -> str:
        """Return the text of its file."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def of(cls, path: Path) -> Run:
        """Read a file.

        Raises:
            ValueError: It is no evidence, or settles something that neither the rules nor the facts have.
        """
        try:
            content: dict[str, Any] = json.loads(path.read_text("utf-8"))
            run = cls(**content | {"sightings": [Sighting(**sighting) for sighting in content["sightings"]]})
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{path.name} is no evidence of a live run: {error!r}") from error
        unknown = sorted({sighting.settles for sighting in run.sightings} - EXPECTED.keys())
        if unknown:
            raise ValueError(
                f"{path.name} settles {', '.join(unknown)}: neither a rule nor a fact has that id. If it was renamed, "
                "rename it there too."
            )
        return run


def runs(folder: Path = FOLDER) -> list[Run]:
    """Return the runs of all files, the oldest first."""
    return sorted((Run.of(path) for path in sorted(folder.glob("*.json"))), key=lambda run: run.date)


@dataclass(frozen=True, slots=True)
class Seen:
    """A conclusive sighting, and the run that it is of."""

    sighting: Sighting
    run: Run

    def __str__(self) -> str:
        return f"{self.sighting}, {self.run}"


def latest(of: Iterable[Run]) -> list[Seen]:
    """Return the newest conclusive sighting of each thing in each region: the service may have changed since older."""
    found: dict[tuple[object, ...], Seen] = {}
    for run in of:
        for sighting in run.sightings:
            if sighting.seen != INCONCLUSIVE:
                found[run.region, sighting.is_of] = Seen(sighting, run)
    return list(found.values())


def contradictions(of: Iterable[Run]) -> list[Seen]:
    """Return where the newest evidence and the fake differ."""
    return [seen for seen in latest(of) if seen.sighting.contradicts]


def without_account_data(text: str, known: Iterable[str] = ()) -> str:
    """Return a text of the service without what tells whose instance it was.

    Args:
        text: The text.
        known: What is not to be in it, whatever it looks like: the ids of the instance and of what a run has opened.
    """
    for value in sorted(filter(None, known), key=len, reverse=True):
        text = text.replace(value, "<id>")
    for pattern, name in _HIDDEN:
        text = pattern.sub(name, text)
    return text[:500]
