"""The fenced blocks of README and docs, and which of them belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
FENCED = re.compile(r"(?ms)(?:^<!-- (?P<directive>[^\n]+) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: Path
    line: int
    language: str
    directive: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def file(self) -> str | None:
        """The file that the first line of the block names, if any."""
        name = re.match(r"# ([\w.]+\.(?:py|toml))\n", self.text)
        return name[1] if name else None

    @property
    def tests(self) -> int:
        """How many tests it has."""
        return len(re.findall(r"(?m)^ *(?:async )?def test_", self.text))


@dataclass(frozen=True)
class Example:
    """A Python block with what belongs to it: the files of the page before it, and what its failure shows."""

    block: Block
    files: dict[str, Block] = field(default_factory=dict)
    shows: Block | None = None


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page."""
    content = page.read_text("utf-8")
    for found in FENCED.finditer(content):
        line = content.count("\n", 0, found.start("language")) + 1
        yield Block(page, line, found["language"], found["directive"] or "", found["text"])


def examples_of(page: Path) -> Iterator[Example]:
    """Yield the Python blocks of a page."""
    files: dict[str, Block] = {}
    blocks = list(blocks_of(page))
    for block, following in zip(blocks, [*blocks[1:], None], strict=False):
        if block.language == "python":
            yield Example(block, dict(files), following if following and following.directive == "shows" else None)
            if block.file is not None:
                files[block.file] = block
