"""What a forge and an editor read says the same as what this project runs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def versions_after(word: str, file: str) -> list[str]:
    """Return the versions of Python in the one list of a file that stands after a word."""
    (found,) = re.findall(rf'(?m)^\s*{word}\s*[:=] \[("3[^\]]+)\]', (ROOT / file).read_text("utf-8"))
    return re.findall(r'"([\d.]+)"', found)


def test_ci_runs_on_every_python_that_the_sessions_know() -> None:
    assert versions_after("python", ".github/workflows/ci.yml") == versions_after("PYTHONS", "noxfile.py")


def test_the_classifiers_name_no_python_that_ci_does_not_run_on() -> None:
    named = [name.rpartition(" ")[2] for name in PROJECT["project"]["classifiers"] if ":: Python :: 3." in name]

    assert named
    assert set(named) <= set(versions_after("python", ".github/workflows/ci.yml"))
    assert PROJECT["project"]["requires-python"] == f">={named[0]}"


def test_pre_commit_runs_the_ruff_of_the_lint_session() -> None:
    (pinned,) = re.findall(r"(?m)^ruff==.+$", (ROOT / "requirements" / "tools.txt").read_text("utf-8"))

    config = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    installed = re.findall(r'additional_dependencies: \["(.*)"\]', config)
    assert installed == [pinned, pinned]
