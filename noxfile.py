"""Sessions for contributors and for CI; `nox --list` shows them."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
import zipfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import nox

nox.needs_version = ">=2024.10.9"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "typing", "tests", "examples", "newest", "lowest", "wheel"]

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.15"]
LAST_BOTOCORE_143 = "1.43.127"
HEADER = "# Constraints: `nox --session pins` writes them."
BACKEND = ["editables", *PROJECT["build-system"]["requires"]]  # installed first, so that it is pinned too

# Functions of the docs have few annotations, and libraries that they use are not installed where types are checked.
AS_IN_DOCS = [
    *("--allow-untyped-defs", "--allow-incomplete-defs", "--allow-untyped-calls", "--allow-untyped-decorators"),
    *("--allow-subclassing-any", "--ignore-missing-imports", "--disable-error-code=var-annotated"),
]

# Suites of others, and what they need: of one that uses botocore, and of plugins with hooks of their own.
FOREIGN = {
    "s3transfer": ["tests/unit", "tests/functional"],
    "pytest-httpx": ["tests"],
    "pytest-mock": ["tests"],
    "pytest-rerunfailures": ["tests"],
}


def group(name: str) -> list[str]:
    """Return what a dependency group names; older versions of pip do not know groups."""
    return list(nox.project.dependency_groups(PROJECT, name))


def floors() -> list[str]:
    """Return the runtime dependencies and those of the extras for async and endpoint, at their lowest versions."""
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    dependencies = [*project["dependencies"], *extras["asyncio"], *extras["endpoint"]]
    return [dependency.replace(">=", "==") for dependency in dependencies]


def pinned() -> dict[str, list[str]]:
    """Return what each file of constraints in `requirements/` is made for."""
    runtime = PROJECT["project"]["dependencies"]
    lowest = next(floor for floor in floors() if floor.startswith("botocore")).replace("botocore", "boto3")
    return {
        "tools": [*BACKEND, *runtime, *group("lint"), *group("typing"), *group("stubs"), "build", "nox"],
        "tests": ["aiobotocore[boto3]", *group("asyncio"), *BACKEND, *runtime, *group("tests")],  # in pip's order
        "newest": [*BACKEND, *runtime, *group("tests"), "build"],
        "clients": ["awscli"],
        "site": [*BACKEND, *runtime, *group("site"), *PROJECT["project"]["optional-dependencies"]["strategies"]],
        "lowest": [*BACKEND, *floors(), *group("tests"), "anyio", "httpx", lowest],
    }


def install(session: nox.Session, pins: str, *requirements: str, package: bool = True) -> None:
    """Install requirements, and the package that is worked on, in the versions of `requirements/<pins>.txt`."""
    file = Path(f"requirements/{pins}.txt")
    names = {line.partition("==")[0] for line in file.read_text("utf-8").splitlines()}
    for requirement in requirements:
        if re.split(r"[^\w.-]", requirement)[0].lower() not in names:
            session.error(f"{file} has no {requirement}: run `nox --session pins`")
    constraint = ("--constraint", str(file))
    session.install(*constraint, *(BACKEND if package else ()), *requirements)
    if package:
        session.install(*constraint, "--no-build-isolation", "-e", ".")


def resolved(session: nox.Session, *requirements: str) -> list[str]:
    """Return what pip would install today, as lines of a file of constraints."""
    report = Path(session.create_tmp()) / "report.json"
    resolve = ["--quiet", "--dry-run", "--ignore-installed", "--report", str(report)]
    session.run("python", "-m", "pip", "install", *resolve, *requirements)
    found = [item["metadata"] for item in json.loads(report.read_text("utf-8"))["install"]]
    return sorted(f"{package['name'].lower()}=={package['version']}" for package in found)


def check_contents(session: nox.Session, wheel: Path) -> None:
    """Fail unless a wheel holds the package's own files, the licence, the metadata and the entry point, and no more."""
    name = "-".join(wheel.name.split("-")[:2]) + ".dist-info"
    metadata = {f"{name}/{file}" for file in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")}
    sources = (path for path in Path("pytest_connect_chat").rglob("*") if path.suffix in {".py", ".pyi", ".typed"})
    expected = {path.as_posix() for path in sources} | metadata
    found = set(zipfile.ZipFile(wheel).namelist())
    if found != expected:
        session.error(f"the wheel lacks {sorted(expected - found)} and should not have {sorted(found - expected)}")


@nox.session
def lint(session: nox.Session) -> None:
    """Lint, and check the format."""
    install(session, "tools", *group("lint"), package=False)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def typing(session: nox.Session) -> None:
    """Check the types of the package, and those that users see: without stubs of the clients, and with them."""
    install(session, "tools", *group("typing"))
    session.run("python", "-m", "pip", "uninstall", "--quiet", "--yes", *group("stubs"))  # of a run before
    session.run("mypy")
    session.run("mypy", "tests/typing", "--exclude", "/with_stubs/")
    session.run("pyright", "-p", "tests/typing")
    session.run("pyright", "--verifytypes", "pytest_connect_chat", "--ignoreexternal")
    blocks = Path(session.create_tmp()).resolve()  # those of the docs
    session.run("python", "tests/typed_blocks.py", str(blocks))
    session.run("mypy", *AS_IN_DOCS, str(blocks))
    session.run("pyright", "-p", str(blocks))
    install(session, "tools", *group("stubs"), package=False)
    session.run("mypy", "tests/typing", "--exclude", "/without_stubs")
    session.run("pyright", "-p", "tests/typing/with_stubs")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, the async ones included; every branch of the package has to be taken."""
    install(session, "tests", *group("tests"), *group("asyncio"))
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-n", "2", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def newest(session: nox.Session) -> None:
    """Run what botocore decides with the newest one, which aiobotocore does not follow at once; without the extra."""
    install(session, "newest", *group("tests"))
    session.run("pytest", "-n", "2", "-m", "of_botocore", *session.posargs)


@nox.session
def drift(session: nox.Session) -> None:
    """List what is newer today than the pins, and run what botocore decides with it."""
    pins = Path("requirements/newest.txt").read_text("utf-8").splitlines()
    newer = sorted(set(resolved(session, *pinned()["newest"])) - set(pins))
    session.log(f"newer than the pins: {', '.join(newer) or 'nothing, which `newest` has tested'}")
    if newer:
        session.install("--upgrade", "--upgrade-strategy", "eager", "-e", ".", *group("tests"))
        session.run("pytest", "-n", "2", "-m", "of_botocore", *session.posargs)


@nox.session(default=False)
def pins(session: nox.Session) -> None:
    """Write `requirements/`, all of it or the files named: what is newest today, on the oldest supported Python."""
    for name in session.posargs or pinned():
        lines = resolved(session, *pinned()[name])
        Path(f"requirements/{name}.txt").write_text("\n".join([HEADER, *lines, ""]), "utf-8", newline="\n")


@nox.session(python=PYTHONS)
def versions(session: nox.Session) -> None:
    """Run the tests on each Python that is on this machine."""
    install(session, "newest", *group("tests"))
    session.run("pytest", "-n", "2", *session.posargs)


@nox.session
def examples(session: nox.Session) -> None:
    """Run the example suite against the fake, as a user would."""
    install(session, "newest", "boto3", "moto[dynamodb]")
    session.run("pytest", "examples/webhook", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Run every Python block of the README and the docs, and check what is generated."""
    install(session, "newest", *group("tests"))
    session.run("pytest", "tests/test_docs.py", *session.posargs)


@nox.session
def tracers(session: nox.Session) -> None:
    """Run the tests beside tracers, those of vendors included, which no other session installs."""
    install(session, "tests", *group("tests"), *group("asyncio"))
    session.install(*group("tracers"))
    session.run("pytest", "tests/test_tracers.py", "tests/test_tracers_of_vendors.py", *session.posargs)


@nox.session
def clients(session: nox.Session) -> None:
    """Run real clients against the endpoint, in Python, node and Chromium; what is not here is skipped by name."""
    install(session, "tests", *group("tests"), *group("asyncio"))
    work = Path(session.create_tmp()).resolve()
    command_line = work / "cli"  # of its own: it comes with a botocore of its own
    session.run("python", "-m", "venv", "--without-pip", str(command_line))
    pip = "python", "-m", "pip", "--python", str(command_line / "bin" / "python"), "install", "--quiet"
    session.run(*pip, "--constraint", "requirements/clients.txt", "awscli")
    if shutil.which("npm"):
        shutil.copy("tests/clients/package.json", work)
        with session.chdir(work):
            session.run(
                "npm",
                "install",
                "--no-audit",
                "--no-fund",
                "--no-package-lock",
                "--silent",
                external=True,
                success_codes=range(256),
            )
    else:
        session.log("npm is not here: the clients in JavaScript are skipped")
    env = {"CONNECT_CHAT_AWS_CLI": str(command_line / "bin" / "aws"), "CONNECT_CHAT_NODE_MODULES": str(work)}
    table = work / "table.md"
    env["CONNECT_CHAT_CLIENT_TABLE"] = str(table)
    session.run("pytest", "-rs", "tests/test_real_clients.py", *session.posargs, env=env)
    session.log(f"what each client has shown:\n{table.read_text('utf-8')}")


@nox.session(default=False)
def live(session: nox.Session) -> None:
    """Ask an instance of Amazon Connect what is assumed of it; takes `--instance-id` and `--contact-flow-id`."""
    given = {argument.partition("=")[0] for argument in session.posargs}
    if not {"--instance-id", "--contact-flow-id"} <= given:
        session.error("it opens chats on an instance: name it. docs/contributing-evidence.md says what that does")
    install(session, "tests", *group("tests"), *group("asyncio"))
    try:
        session.run("pytest", "tests/contract", *session.posargs)
    finally:  # where the service does something else, the run has failed, and the page shows it
        session.run("python", "docs/generate/fidelity.py")


@nox.session
def site(session: nox.Session) -> None:
    """Build the docs as a site, in `site/`."""
    install(session, "site", *group("site"), *PROJECT["project"]["optional-dependencies"]["strategies"])
    session.run("sphinx-build", "-q", "-W", "--keep-going", "-b", "html", "docs", "site")


@nox.session
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest supported dependencies, those of the extra `asyncio` included."""
    install(session, "lowest", *pinned()["lowest"])
    session.run("pytest", "-n", "2", "-m", "not once", *session.posargs)


@nox.session
def long(session: nox.Session) -> None:
    """Draw many more examples than the tests have time for, and compare every fault in every retry mode."""
    install(session, "tests", *group("tests"), *group("asyncio"))
    more = {"CONNECT_CHAT_STATEFUL_RUNS": "1000", "CONNECT_CHAT_FUZZ_RUNS": "500", "CONNECT_CHAT_MATRIX": "all"}
    modules = [f"tests/test_{name}.py" for name in ("stateful", "stateful_notifications", "fuzzing", "fault_matrix")]
    session.run("pytest", "-n", "2", *modules, *session.posargs, env=more)


@nox.session
def mutation(session: nox.Session) -> None:
    """Change the decisions of the service in small ways, and list the changes that no test notices."""
    install(session, "newest", *group("tests"))
    session.install(*group("mutation"))
    session.run("python", "tests/mutate.py", *session.posargs)


@nox.session
def botocore_143(session: nox.Session) -> None:
    """Run the tests with the last botocore before standard became the default retry mode."""
    pins = [f"botocore=={LAST_BOTOCORE_143}", f"boto3=={LAST_BOTOCORE_143}"]
    session.install("-e", ".", *group("tests"), *pins)
    session.run("pytest", "-n", "2", "-m", "not once", *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel, check what is in it, and run the example suite against it where the sources are not."""
    install(session, "newest", *BACKEND, "build", "boto3", "moto[dynamodb]", package=False)
    work = Path(session.create_tmp())
    session.run("python", "-m", "build", "--no-isolation", "--outdir", str(work / "dist"), ".", silent=True)
    built = max((work / "dist").glob("*.whl"), key=lambda path: path.stat().st_mtime)
    check_contents(session, built)
    session.install("--force-reinstall", "--no-deps", str(built))
    session.install("--constraint", "requirements/newest.txt", "pytest-connect-chat")  # what the wheel depends on
    example = Path("examples/webhook").resolve()
    session.chdir(work)
    session.run("python", "-P", "-m", "pytest", str(example), *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Print the figures of the README's promises, as ratios within one run."""
    install(session, "tests", *group("tests"), *group("asyncio"))
    session.run("python", "benchmarks/run.py", *session.posargs)


@nox.session
def foreign(session: nox.Session) -> None:
    """Run the test suites of others with the plugin and without it: each of their tests has to end the same way."""
    session.install("-e", ".", "pytest-asyncio", "httpx")
    work = Path(session.create_tmp()).resolve()
    (work / "pytest.ini").touch()  # where a suite has no configuration of its own, ours is not for it
    differing = []
    for name, arguments in FOREIGN.items():
        with session.chdir(work):
            session.run("python", "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", name, name)
            archive = max(work.glob(f"{name.replace('-', '?')}-*.tar.gz"), key=lambda path: path.stat().st_mtime)
            session.install(str(archive))
            with tarfile.open(archive) as packed:
                packed.extractall(work, filter="data")
        with session.chdir(work / archive.name.removesuffix(".tar.gz")):
            ours, theirs = (outcomes(session, *arguments, *without) for without in ([], ["-p", "no:connect_chat"]))
        changed = [test for test in ours.keys() | theirs.keys() if ours.get(test) != theirs.get(test)]
        session.log(
            f"{archive.name}: {dict(Counter(theirs.values()))} without the plugin, {len(changed)} others with it"
        )
        differing += changed
    if differing:
        session.error("\n".join(sorted(differing)))


def outcomes(session: nox.Session, *arguments: str) -> dict[str, str]:
    """Return how each test of the suite in this directory ends."""
    report = Path("outcomes.xml").resolve()
    report.unlink(missing_ok=True)
    session.run("pytest", "-q", "--junit-xml", str(report), *arguments, silent=True, success_codes=[0, 1])
    ends = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  # pytest has just written it
        kinds = sorted({part.tag for part in case} & {"failure", "error", "skipped"})
        ends[f"{case.get('classname')}::{case.get('name')}"] = ", ".join(kinds) or "passed"
    return ends
