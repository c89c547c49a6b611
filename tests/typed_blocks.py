"""Writes the Python blocks of README and docs into a folder for type checkers: `python tests/typed_blocks.py FOLDER`.

Fixtures of the plugin are annotated as the page on types says, so that checkers see what a test does with them.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from doc_blocks import PAGES, Block, Example, examples_of

FIXTURES = {
    "connect_chat": "FakeConnectChat",
    "connect_chat_endpoint": "ConnectChatEndpoint",
    "start_chat_contact_request": "RequestFactory",
}


def module_of(block: Block) -> str:
    """Return a module name that no block of another page has."""
    return re.sub(r"\W", "_", f"{block.page.stem}_{block.line}_{(block.file or 'block').removesuffix('.py')}")


def typed(example: Example) -> str:
    """Return the text of a block, with annotated fixtures and with the files of its page under their modules' names."""
    text = re.sub(r"(?<=def )(\w+)\(([^()]*)\):", _annotated, example.block.text)
    for file, block in example.files.items():
        module = file.removesuffix(".py")
        text = re.sub(rf"(?m)^from {module} import", f"from {module_of(block)} import", text)
        text = re.sub(rf"(?m)^import {module}$", f"import {module_of(block)} as {module}", text)
    return f"{text}\n\nimport pytest_connect_chat\n"  # annotations may name what comes later


def _annotated(found: re.Match[str]) -> str:
    name, parameters = found.groups()
    for fixture, hint in FIXTURES.items():
        parameters = re.sub(rf"\b{fixture}\b(?!:)", f'{fixture}: "pytest_connect_chat.{hint}"', parameters)
    return f"{name}({parameters}){' -> None' if name.startswith('test_') else ''}:"


def main(folder: Path) -> None:
    """Write the blocks that are run and do not show a mistake."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.py"):
        file.unlink()
    settings = {"reportMissingImports": False, "reportMissingModuleSource": False}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), "utf-8")
    for example in (example for page in PAGES for example in examples_of(page)):
        if not example.block.directive:
            (folder / f"{module_of(example.block)}.py").write_text(typed(example), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
