"""Builds the pages as a site: `nox -s site`. They are plain Markdown, to be read in the repository too."""

from __future__ import annotations

import re
from importlib import metadata
from typing import Any

project = "pytest-connect-chat"
release = metadata.version(project)
author = project_copyright = f"The {project} maintainers"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["generate"]
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]  # lexers do not know every excerpt; dead references fail the build

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["static"]
html_css_files = ["wide.css"]

autodoc_default_options = {"members": True, "member-order": "bysource"}
add_module_names = False  # where a class lies in the package is not for users
default_role = "code"
napoleon_use_ivar = True
python_maximum_signature_line_length = 88


def _adapt(_: Any, page: str, source: list[str]) -> None:
    """Make of a page of the repository one of the site.

    Links that lead out of the site become the paths of their files. The index gets its table of contents, in the order
    of its links; in the repository it would only be noise.
    """
    source[0] = re.sub(r"\[([^\]]+)\]\(\.\./([^)]+)\)", r"\1 (`\2` in the repository)", source[0])
    if page == "index":
        pages = re.findall(r"\]\(([\w-]+)\.(?:md|rst)\)", source[0])
        source[0] += "\n```{toctree}\n:hidden:\n\n" + "\n".join(dict.fromkeys(pages)) + "\n```\n"


def setup(app: Any) -> None:
    """Connect what is above with Sphinx."""
    app.connect("source-read", _adapt)
