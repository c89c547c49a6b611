"""Builds the pages as a site: `nox -s site`. They are plain Markdown, to be read in the repository too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

project = "pytest-connect-chat"
extensions = ["myst_parser"]
html_theme = "furo"
exclude_patterns = ["generate"]
myst_heading_anchors = 4
# Links to the README and to sources lead out of the site, as in the repository; lexers do not know every excerpt.
suppress_warnings = ["myst.xref_missing", "misc.highlighting_failure"]


def _add_contents(_: Any, page: str, source: list[str]) -> None:
    """Give the index its table of contents, which would only be noise in the repository."""
    if page == "index":
        pages = sorted(path.stem for path in Path(__file__).parent.glob("*.md") if path.stem != page)
        source[0] += "\n```{toctree}\n:hidden:\n\n" + "\n".join(pages) + "\n```\n"


def setup(app: Any) -> None:
    """Connect what is above with Sphinx."""
    app.connect("source-read", _add_contents)
