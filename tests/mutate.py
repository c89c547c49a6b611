"""Change the decisions of the service in small ways, and print the changes that no test notices.

    python tests/mutate.py
    python tests/mutate.py --workers 2 idempotency rules/messages operations/rehydration.resolve_source

Names are those that the command prints, or how they begin. mutmut makes the mutants. The tests are collected once; each
mutant is then tried in a fork of that process, with the tests that reach its function: those first that have killed
most, then the quick ones. A function that runs on import has made its part of a table by then: its mutants are tried in
a new process each. What kills a mutant is a test that fails, an import that does, or that the tests do not end.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Final

import pytest
from mutmut.mutation.file_mutation import mutate_file_contents  # type: ignore[import-not-found,unused-ignore]
from mutmut.mutation.trampoline import set_mutant_under_test  # type: ignore[import-not-found,unused-ignore]

ROOT: Final = Path(__file__).parents[1]
SERVICE: Final = Path("pytest_connect_chat/_service")
SECONDS: Final = 10  # for one test
OUTPUT: Final = os.dup(sys.stdout.fileno())  # what pytest writes is nobody's concern

# Where a wrong expression is a wrong decision of the service.
MUTATED: Final = (
    "api_rates",
    "chats/notifications",
    "chats/transcript",
    "contacts/instances",
    "contacts/lineage",
    "deadlines",
    "faults/*",
    "other_side/flows",
    "idempotency",
    "operations/contact_*",
    "operations/create_participant",
    "operations/get_transcript",
    "operations/rehydration",
    "operations/retention",
    "records/matching",
    "records/recorded_request",
    "records/request_log",
    "rules/*",
    "state",
)

TESTS: Final = tuple(
    f"tests/test_{name}.py"
    for name in (
        "answers",
        "attachments",
        "callables",
        "canned",
        "chaos",
        "clock",
        "contact_operations",
        "contacts",
        "disconnect_flows",
        "failures",
        "faults",
        "flows",
        "idempotency",
        "lifecycle",
        "mistaken_ids",
        "notifications",
        "other_side",
        "participants",
        "persistent_chat",
        "quotas",
        "remarks",
        "requests",
        "rules",
        "rules_of_companions",
        "scenes",
        "scans",
        "time",
        "transcript",
        "unvalidated_requests",
    )
)


def say(line: str) -> None:
    """Print a line."""
    os.write(OUTPUT, f"{line}\n".encode())


# -- the mutants -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """One changed function: its module, its whole name, as mutmut has it, and the change."""

    module: str
    name: str
    diff: str

    @property
    def function(self) -> str:
        """What the mutants of one function have in common."""
        return self.name.partition("__mutmut_")[0]

    @property
    def short(self) -> str:
        """Its name as it is printed."""
        return f"{self.module}.{self.name.rpartition('.')[2].removeprefix('x_')}"


def mutate(path: Path) -> tuple[str, list[Mutant]]:
    """Return a module's code with all mutants in it, of which the environment chooses one, and these."""
    mutated = mutate_file_contents(str(path), path.read_text("utf-8"))
    lines = mutated.code.splitlines()

    def source(name: str, base: str) -> list[str]:
        span = mutated.line_span_by_function_name[name]
        return [line.replace(name, base) for line in lines[span.start - 1 : span.end]]

    mutants = []
    for name in mutated.mutant_names:
        base = name.partition("__mutmut_")[0]
        diff = [*unified_diff(source(f"{base}__mutmut_orig", base), source(name, base), lineterm="", n=1)][2:]
        # Only tests that look at frames see that line, and those see the frames of mutmut too.
        if not any(line.startswith("-") and "__tracebackhide__" in line for line in diff):
            module = path.relative_to(SERVICE).with_suffix("").as_posix()
            mutants.append(Mutant(module, ".".join((*path.with_suffix("").parts, name)), "\n".join(diff)))
    return mutated.code, mutants


def prepare(work: Path) -> list[Mutant]:
    """Copy the project, with mutants in what is mutated."""
    shutil.copytree(ROOT, work, ignore=shutil.ignore_patterns(".*", "__pycache__"), dirs_exist_ok=True)
    os.chdir(work)
    mutants = []
    for pattern in MUTATED:
        for path in sorted(SERVICE.glob(f"{pattern}.py")):
            code, found = mutate(path)
            path.write_text(code, "utf-8")
            mutants += found
    return mutants


# -- trying them -------------------------------------------------------------------------------------------------------


class Trials:
    """A plugin of pytest that tries mutants once all tests have run without one.

    Args:
        mutants: What to try.
        workers: How many are tried at a time.
        work: A directory for what they leave.
    """

    def __init__(self, mutants: list[Mutant], workers: int, work: Path) -> None:
        self.killed: dict[Mutant, bool] = {}
        self._mutants = mutants
        self._workers = workers
        self._work = work
        self._is_collected = False
        self._called: set[str] = set()
        self._reached: dict[str, list[pytest.Item]] = defaultdict(list)
        self._seconds: dict[pytest.Item, float] = {}
        self._failed: set[str] = set()
        self._running: dict[int, Mutant] = {}
        self._kills: Counter[str] = Counter()
        pytest.MonkeyPatch().setattr("mutmut.mutation.trampoline.record_trampoline_hit", self._note)
        set_mutant_under_test("stats")
        del os.environ["MUTANT_UNDER_TEST"]  # processes that a test starts have nobody to tell

    def _note(self, function: str, caller: str | None = None) -> None:
        if self._is_collected or is_on_import(sys._getframe()):
            self._called.add(function)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the other drivers, which lead to the same service."""
        items[:] = [item for item in items if driver(item) == "botocore"]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note what a test calls, and how long it takes."""
        self._called.clear()
        start = time.perf_counter()
        try:
            return (yield)
        finally:
            self._seconds[item] = time.perf_counter() - start
            for function in self._called:
                self._reached[function].append(item)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note that a test fails."""
        if report.failed:
            self._failed.add(report.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Run the tests without a mutant, then try the mutants."""
        called_on_import = {*self._called}
        self._is_collected = True
        result = yield
        for test in sorted(self._failed):
            say(f"{test} fails without a mutant, and is left out")
        for mutant in self._mutants:
            tests = [item for item in self._reached[mutant.function] if item.nodeid not in self._failed]
            tests.sort(key=lambda item: (-self._kills[item.nodeid], self._seconds[item]))
            if mutant.function in called_on_import:
                self._report(mutant, killed=fails_from_the_start(mutant, tests))
            else:
                self._wait(self._workers - 1)
                self._running[self._fork(mutant, tests)] = mutant
        self._wait(0)
        return result

    def _fork(self, mutant: Mutant, tests: list[pytest.Item]) -> int:
        """Run tests with a mutant in a fork, until one fails, and return the id of the process."""
        if pid := os.fork():
            return pid
        failed = True
        try:
            os.setpgid(0, 0)
            set_mutant_under_test(mutant.name)
            self._failed.clear()
            for item, following in zip(tests, [*tests[1:], None], strict=True):
                signal.alarm(SECONDS + int(10 * self._seconds[item]))
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if self._failed:
                    Path(self._work, f"killer-{os.getpid()}").write_text(item.nodeid, "utf-8")
                    break
            failed = bool(self._failed)
        finally:
            os._exit(failed)

    def _wait(self, left: int) -> None:
        """Wait until no more forks than that are left."""
        while len(self._running) > left:
            pid, status = os.wait()
            mutant = self._running.pop(pid, None)
            if mutant is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)  # what a test has started
                with contextlib.suppress(FileNotFoundError):
                    self._kills[Path(self._work, f"killer-{pid}").read_text("utf-8")] += 1
                self._report(mutant, killed=status != 0)

    def _report(self, mutant: Mutant, *, killed: bool) -> None:
        self.killed[mutant] = killed
        if not killed:
            say(f"{mutant.short} survives\n{mutant.diff}\n")


def is_on_import(frame: FrameType | None) -> bool:
    """Return whether a function is called while a module of the package is imported, and not one of the tests."""
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    return frame is not None and frame.f_globals["__name__"].startswith("pytest_connect_chat.")


def driver(item: pytest.Item) -> str:
    """Return the driver of a test's clients."""
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("driver", "botocore")) if callspec else "botocore"


def fails_from_the_start(mutant: Mutant, tests: list[pytest.Item]) -> bool:
    """Return whether a test notices a mutant that is there before the package is imported."""
    most_likely = sorted(TESTS, key=lambda path: "rules" not in path)  # what runs on import makes rules
    Path("tests.txt").write_text("\n".join([item.nodeid for item in tests] or most_likely), "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "@tests.txt"]
    environment = {**os.environ, "MUTANT_UNDER_TEST": mutant.name}
    try:
        run = subprocess.run(  # noqa: S603  # it runs the interpreter that runs it
            command, env=environment, capture_output=True, timeout=20 * SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return True
    return run.returncode != 0


# -- the command -------------------------------------------------------------------------------------------------------


def table(killed: dict[Mutant, bool]) -> Iterator[str]:
    """Yield the lines of what came of the mutants of each module, and of all."""
    mutants = Counter(mutant.module for mutant in killed)
    dead = Counter(mutant.module for mutant in killed if killed[mutant])
    yield "| module of `_service` | mutants | killed | percent |"
    yield "|---|---|---|---|"
    lines = [(f"`{module}.py`", count, dead[module]) for module, count in mutants.items()]
    for name, count, of_it in (*lines, ("all", mutants.total(), dead.total())):
        yield f"| {name} | {count:,} | {of_it:,} | {of_it / count:.1%} |"


def main(arguments: list[str]) -> None:
    """Try the mutants, and print what came of them."""
    parser = argparse.ArgumentParser(description="Print the changes of the service's decisions that no test notices.")
    parser.add_argument("names", nargs="*", default=[""], help="how the names of mutants begin; all without one")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="how many are tried at a time")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as directory:
        mutants = [mutant for mutant in prepare(Path(directory)) if mutant.short.startswith(tuple(options.names))]
        say(f"{len(mutants)} mutants")
        paths = [directory, f"{directory}/tests"]
        sys.path[:0] = paths
        os.environ["PYTHONPATH"] = os.pathsep.join(paths)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        trials = Trials(mutants, options.workers, Path(directory))
        pytest.main(["-q", "-p", "no:cacheprovider", *TESTS], plugins=[trials])
        os.chdir(ROOT)
    for line in table(trials.killed):
        say(line)


if __name__ == "__main__":
    main(sys.argv[1:])
