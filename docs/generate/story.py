"""Writes the pictures of the docs: tests of the pages and of the example, as `connect_chat.diagram("svg")` draws."""  # noqa: INP001

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
        test, cwd = (str(STORY), ROOT) if name == "story.svg" else (_written(folder, name), folder)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "connect_chat",
            "-p",
            "drawing",
            "-p",
            "no:cacheprovider",
        ]
        environ = {"PYTHONPATH": work, "PICTURE": f"{work}/{name}", "PYTHONDONTWRITEBYTECODE": "1", "PATH": ""}
        environ |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "AWS_DEFAULT_REGION": "us-east-1"}
        subprocess.run([*command, test], check=name not in FAILING, cwd=cwd, env=environ, capture_output=True)  # noqa: S603
        return (folder / name).read_text("utf-8")


def _written(folder: Path, name: str) -> str:
    """Write the files that a picture is drawn from, as its page has them, into a folder, and return the test."""
    page, files, test = FROM_PAGES[name]
    text = (DOCS / page).read_text("utf-8")
    for file in files:
        block = re.search(rf"(?ms)^```python\n(# {file}\n.*?)^```$", text)
        if block is None:
            raise LookupError(f"docs/{page} has no block {file}")
        (folder / file).write_text(block[1], "utf-8")
    return f"{files[-1]}::{test}"


FROM_PAGES: Final = {
    "widget.svg": ("endpoint.md", ("widget.py", "test_widget.py"), "test_the_widget_hears_what_it_is_told"),
    "second-try.svg": ("diagrams.md", ("test_second_try.py",), "test_a_second_try_opens_no_second_chat"),
}
FAILING: Final = ("second-try.svg",)  # the picture shows why
PICTURES: Final = ("story.svg", *FROM_PAGES)

if __name__ == "__main__":
    for picture in PICTURES:
        (DOCS / picture).write_text(drawn(picture), "utf-8")
