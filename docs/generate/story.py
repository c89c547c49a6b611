"""Writes `docs/story.svg` and `docs/widget.svg`: two tests, as `connect_chat.diagram("svg")` draws them."""  # noqa: INP001

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
STORY: Final = ROOT / "examples" / "webhook" / "tests" / "test_outbound.py::test_the_whole_story"
DRAWING: Final = dedent(
    """
    import os
    from pathlib import Path

    import pytest

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(item):
        picture = item.funcargs["connect_chat"].diagram("svg")
        Path(os.environ["PICTURE"]).write_text(picture + "\\n", "utf-8")
    """
)


def drawn(name: str) -> str:
    """Run the test of a picture, and return that."""
    with TemporaryDirectory() as work:
        folder = Path(work)
        (folder / "drawing.py").write_text(DRAWING, "utf-8")
        test, cwd = (str(STORY), ROOT) if name == "story.svg" else (_widget_in(folder), folder)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "drawing", "-p", "no:cacheprovider", test]
        environ = {"PYTHONPATH": work, "PICTURE": f"{work}/{name}", "PYTHONDONTWRITEBYTECODE": "1", "PATH": ""}
        environ["AWS_DEFAULT_REGION"] = "us-east-1"
        subprocess.run(command, check=True, cwd=cwd, env=environ, capture_output=True)  # noqa: S603
        return (folder / name).read_text("utf-8")


def _widget_in(folder: Path) -> str:
    """Write the widget of the page on the endpoint and its test into a folder, and return the test."""
    page = (DOCS / "endpoint.md").read_text("utf-8")
    for file in ("widget.py", "test_widget.py"):
        block = re.search(rf"(?ms)^```python\n(# {file}\n.*?)^```$", page)
        if block is None:
            raise LookupError(f"docs/endpoint.md has no block {file}")
        (folder / file).write_text(block[1], "utf-8")
    return "test_widget.py::test_the_widget_hears_what_it_is_told"


PICTURES: Final = ("story.svg", "widget.svg")

if __name__ == "__main__":
    for picture in PICTURES:
        (DOCS / picture).write_text(drawn(picture), "utf-8")
