"""Writes `docs/story.svg`: the whole story of the example suite, as `connect_chat.diagram("svg")` draws it."""  # noqa: INP001

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PICTURE: Final = ROOT / "docs" / "story.svg"
DRAWING: Final = dedent(
    """
    import os
    from pathlib import Path

    import pytest

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(item):
        picture = item.funcargs["connect_chat"].diagram("svg")
        Path(os.environ["STORY"]).write_text(picture + "\\n", "utf-8")
    """
)


def drawn() -> str:
    """Run the test that has the story, and return its picture."""
    with TemporaryDirectory() as work:
        (Path(work) / "drawing.py").write_text(DRAWING, "utf-8")
        story = Path(work) / "story.svg"
        test = ROOT / "examples" / "webhook" / "tests" / "test_outbound.py::test_the_whole_story"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "drawing", "-p", "no:cacheprovider", str(test)]
        environ = {"PYTHONPATH": work, "STORY": str(story), "PYTHONDONTWRITEBYTECODE": "1", "PATH": ""}
        subprocess.run(command, check=True, cwd=ROOT, env=environ, capture_output=True)  # noqa: S603
        return story.read_text("utf-8")


if __name__ == "__main__":
    PICTURE.write_text(drawn(), "utf-8")
