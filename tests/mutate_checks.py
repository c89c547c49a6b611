"""Change the checks of the rules in small ways, and print the changes that no test notices.

    python tests/mutate_checks.py
    python tests/mutate_checks.py --workers 2 messages streaming.x_not_a_topic

mutmut makes the mutants, but cannot try these itself: it chooses one after the import of the package, when the table
of rules has long been made of the checks. Here each is tried in a process of its own, with the tests that reach its
function. Names are those that the command prints, or how they begin. What kills a mutant is a test that fails, an
import that does, or that the tests do not end.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[1]
CHECKS: Final = Path("pytest_connect_chat/_service/rules")
TESTS: Final = ("tests/test_rules.py", "tests/test_rules_of_companions.py")
REACHED: Final = Path("reached.json")
SECONDS: Final = 120

# -- a plugin of pytest, which notes what each test calls --------------------------------------------------------------

_reached: dict[str, list[str]] = defaultdict(list)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Note which functions of the checks a test calls."""
    called = set()

    def note(frame: FrameType, event: str, arg: object) -> None:
        if event == "call" and "__mutmut_orig" in frame.f_code.co_qualname:
            called.add(f"{frame.f_globals['__name__']}.{function_of(frame.f_code.co_qualname)}")

    sys.setprofile(note)
    try:
        return (yield)
    finally:
        sys.setprofile(None)
        for function in called:
            _reached[function].append(item.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave what was noted to the process that asked."""
    (session.config.rootpath / REACHED).write_text(json.dumps(_reached), "utf-8")


# -- the mutants -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """One changed function: its whole name, as mutmut has it, and the change."""

    name: str
    diff: str

    @property
    def module(self) -> str:
        """The name of its module, without the package's."""
        return self.name.split(".")[-2]

    @property
    def short(self) -> str:
        """Its name as it is printed."""
        return f"{self.module}.{self.name.rpartition('.')[2]}"


def function_of(name: str) -> str:
    """Return what the mutants of one function have in common."""
    return name.partition("__mutmut_")[0]


def mutate(path: Path) -> tuple[str, list[Mutant]]:
    """Return a module's code with all mutants in it, of which the environment chooses one, and these."""
    # Not at the top: the plugin does without.
    from mutmut.mutation.file_mutation import mutate_file_contents  # type: ignore[import-not-found,unused-ignore]

    mutated = mutate_file_contents(str(path), path.read_text("utf-8"))
    lines = mutated.code.splitlines()

    def source(name: str) -> list[str]:
        span = mutated.line_span_by_function_name[name]
        return [line.replace(name, function_of(name)[2:]) for line in lines[span.start - 1 : span.end]]

    mutants = []
    for name in mutated.mutant_names:
        diff = unified_diff(source(f"{function_of(name)}__mutmut_orig"), source(name), lineterm="", n=1)
        mutants.append(Mutant(".".join((*path.with_suffix("").parts, name)), "\n".join([*diff][2:])))
    return mutated.code, mutants


def prepare(work: Path) -> list[Mutant]:
    """Copy the package and its tests, with mutants in the checks."""
    for name in ("pytest_connect_chat", "tests"):
        shutil.copytree(ROOT / name, work / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", work)
    mutants = []
    for path in sorted((work / CHECKS).glob("*.py")):
        code, found = mutate(path.relative_to(work))
        path.write_text(code, "utf-8")
        mutants += found
    return mutants


# -- trying them -------------------------------------------------------------------------------------------------------


def run_tests(work: Path, *arguments: str, mutant: str = "") -> subprocess.CompletedProcess[str]:
    """Run pytest on the copy, in a process of its own, until the first failure."""
    environment: Mapping[str, str] = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "MUTANT_UNDER_TEST": mutant,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": os.pathsep.join([str(work), str(work / "tests")]),
        "PYTHONPYCACHEPREFIX": str(work / "bytecode"),
    }
    plugins = ("-p", "pytest_connect_chat.plugin", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=line", *plugins, *arguments]
    return subprocess.run(  # noqa: S603  # it runs the interpreter that runs it
        command, cwd=work, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def tests_by_function(work: Path) -> dict[str, list[str]]:
    """Return the tests that call each function, once all pass without a mutant."""
    run = run_tests(work, "-p", Path(__file__).stem, *TESTS)
    if run.returncode:
        sys.exit(f"The tests fail without a mutant:\n{run.stdout}{run.stderr}")
    reached: dict[str, list[str]] = json.loads((work / REACHED).read_text("utf-8"))
    for function, tests in reached.items():
        (work / function).write_text("\n".join(tests), "utf-8")
    return reached


def survives(work: Path, mutant: Mutant, reached: Mapping[str, Any]) -> bool:
    """Return whether no test notices a mutant."""
    function = function_of(mutant.name)
    tests = (f"@{function}",) if function in reached else TESTS
    try:
        return run_tests(work, *tests, mutant=mutant.name).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def table(tried: list[tuple[Mutant, bool]]) -> Iterator[str]:
    """Yield the lines of what came of the mutants of each module, and of all."""
    mutants = Counter(mutant.module for mutant, _ in tried)
    survivors = Counter(mutant.module for mutant, survived in tried if survived)
    yield "| module | mutants | killed | percent |"
    yield "|---|---|---|---|"
    lines = [(f"`rules/{module}.py`", count, count - survivors[module]) for module, count in mutants.items()]
    for name, count, killed in (*lines, ("all", mutants.total(), mutants.total() - survivors.total())):
        yield f"| {name} | {count} | {killed} | {killed / count:.1%} |"


def main(arguments: list[str]) -> None:
    """Try the mutants, and print what came of them."""
    parser = argparse.ArgumentParser(description="Print the changes of the checks that no test notices.")
    parser.add_argument("names", nargs="*", default=[""], help="how the names of mutants begin; all without one")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="how many are tried at a time")
    options = parser.parse_args(arguments)
    os.chdir(ROOT)  # where mutmut looks for its settings
    with TemporaryDirectory() as directory:
        work = Path(directory)
        mutants = [mutant for mutant in prepare(work) if mutant.short.startswith(tuple(options.names))]
        sys.stdout.write(f"{len(mutants)} mutants\n\n")
        reached = tests_by_function(work)
        tried = []
        with ThreadPoolExecutor(options.workers) as pool:
            outcomes = pool.map(lambda mutant: survives(work, mutant, reached), mutants)
            for mutant, survived in zip(mutants, outcomes, strict=True):
                tried.append((mutant, survived))
                if survived:
                    sys.stdout.write(f"{mutant.short} survives\n{mutant.diff}\n\n")
                    sys.stdout.flush()
    sys.stdout.writelines(f"{line}\n" for line in table(tried))


if __name__ == "__main__":
    main(sys.argv[1:])
