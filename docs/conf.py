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
MADE_BY_USERS = {"Clock", "ConnectChatProvider", "FakeConnectChat"}


def _adapt(_: Any, page: str, source: list[str]) -> None:
    """Make of a page of the repository one of the site.

    Links that lead out of the site become the paths of their files. The index gets its table of contents, in the order
    of its links; in the repository it would only be noise.
    """
    source[0] = re.sub(r"\[([^\]]+)\]\(\.\./([^)]+)\)", r"\1 (`\2` in the repository)", source[0])
    if page == "index":
        pages = re.findall(r"\]\(([\w-]+)\.(?:md|rst)\)", source[0])
        source[0] += "\n```{toctree}\n:hidden:\n\n" + "\n".join(dict.fromkeys(pages)) + "\n```\n"


def _is_given(what: str, name: str) -> bool:
    """Return whether it is a class whose objects users are given and never make."""
    return what == "class" and name.rpartition(".")[2] not in MADE_BY_USERS


def _hide_signature(_: Any, what: str, name: str, *__: Any) -> tuple[str, None] | None:
    return ("", None) if _is_given(what, name) else None


def _hide_arguments(_: Any, what: str, name: str, __: Any, ___: Any, lines: list[str]) -> None:
    """Take the section `Args:` out of the docstring of such a class."""
    if _is_given(what, name):
        text = "\n".join(lines)
        lines[:] = re.sub(r"(?m)^Args:\n(?:[ ].*\n|\n(?=[ ]))*", "", text + "\n").splitlines()


def setup(app: Any) -> None:
    """Connect what is above with Sphinx."""
    app.connect("source-read", _adapt)
    app.connect("autodoc-process-signature", _hide_signature)
    app.connect("autodoc-process-docstring", _hide_arguments, priority=0)  # before Napoleon makes fields of sections
