"""Write the list of modules in `docs/architecture.md` from what each says of itself."""
# ruff: noqa: INP001  # a script, not a package

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pytest_connect_chat"
TARGET = ROOT / "docs" / "architecture.md"
HEADING = "## All modules\n"


def listed(folder: Path) -> str:
    """Return a folder's modules, a line each, and those of the folders in it."""
    name = folder.relative_to(ROOT).as_posix()
    modules = [path for path in sorted(folder.glob("*.py")) if path.name != "__init__.py"]
    lines = [
        f"\n### `{name}/`\n",
        f"{sentence(folder / '__init__.py')}\n",
        *(f"- `{path.name}`: {sentence(path)}" for path in modules),
    ]
    folders = [path.parent for path in sorted(folder.glob("*/__init__.py"))]
    return "\n".join(lines) + "\n" + "".join(listed(inner) for inner in folders)


def sentence(module: Path) -> str:
    """Return the first paragraph of a module's docstring."""
    docstring = ast.get_docstring(ast.parse(module.read_text("utf-8"))) or ""
    return " ".join(docstring.split("\n\n")[0].split())


def text() -> str:
    """Return the whole page, with the list as it has to be."""
    written_by_hand = TARGET.read_text("utf-8").partition(HEADING)[0]
    return f"{written_by_hand}{HEADING}{listed(PACKAGE)}"


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")
