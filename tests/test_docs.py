"""The documentation, run: every Python block of README and docs, what they claim to show, and what they list."""

from __future__ import annotations

import inspect
import re
import runpy
import subprocess
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import boto3
import pytest
from doc_blocks import DOCS, FENCED, PAGES, ROOT, Block, Example, blocks_of, examples_of

import pytest_connect_chat
from pytest_connect_chat import plugin
from pytest_connect_chat._service.faults.plan import FaultPlan
from pytest_connect_chat._settings import SETTINGS

pytestmark = [pytest.mark.once, pytest.mark.untraced]

PACKAGE = ROOT / "pytest_connect_chat"
LINKING = [*PAGES, *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"))]
PLAIN = ("-p", "no:faker", "-p", "no:hypothesispytest", "-p", "no:randomly", "-p", "no:xdist")
REGION = 'connect_chat_region = "us-east-1"'
DEFAULT_FILE = "test_page.py"
# A nested run forgets what it was the first to import: these take long, or do not bear to be imported twice.
ONCE = (
    "hypothesis.strategies",
    "moto",
    "pytest_connect_chat.providers",
    "pytest_connect_chat.strategies",
    "requests",
    "responses",
)
IMPORTED_ONCE = [import_module(name) for name in ONCE]
PUBLIC = [
    value
    for value in (*(getattr(pytest_connect_chat, name) for name in pytest_connect_chat.__all__), FaultPlan)
    if isinstance(value, type)
]
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
EXAMPLES = [example for page in PAGES for example in examples_of(page)]
TESTS = [e for e in EXAMPLES if e.block.tests and e.block.directive != "not run"]
SCRIPTS = [e for e in EXAMPLES if not e.block.tests and not e.block.file and e.block.directive != "not run"]
APPLICATIONS = [e for e in EXAMPLES if not e.block.tests and e.block.file and e.block.directive != "not run"]
TOML = [block for block in BLOCKS if block.language == "toml"]


def _example_id(example: Example) -> str:
    return str(example.block)


def _arguments(block: Block) -> list[str]:
    """Return the arguments of a nested run; async tests need more than the package's own dependencies."""
    if "async def test_" not in block.text:
        return [*PLAIN, "-p", "no:asyncio"]
    for module in ("aiobotocore", "pytest_asyncio"):
        pytest.importorskip(module)
    return [*PLAIN, "-o", "asyncio_default_fixture_loop_scope=function"]


def _patterns(shown: str) -> list[str]:
    """Return what a shown text asks of an output, line by line: `...` and `*` stand for anything."""
    return [line.replace("[", "[[]").replace("...", "*") for line in shown.splitlines() if line]


@pytest.fixture
def page(pytester: pytest.Pytester, models_read_once: None, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A directory to run a page's examples in."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # botocore looks for credentials when a client is made
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    pytester.makepyprojecttoml(f"[tool.pytest]\n{REGION}\n")
    return pytester


# -- what is run -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", TESTS, ids=_example_id)
def test_a_block_with_tests_does_as_the_page_says(
    example: Example, page: pytest.Pytester, no_foreign_sockets: list[object]
) -> None:
    name = example.block.file or DEFAULT_FILE
    for file, block in {**example.files, name: example.block}.items():
        (page.path / file).write_text(block.text, "utf-8")

    result = page.runpytest_inprocess(*_arguments(example.block), name)

    outcomes = result.parseoutcomes()
    if example.block.directive == "fails":
        assert example.shows is not None, "what does it show?"
        assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == example.block.tests
        result.stdout.fnmatch_lines(_patterns(example.shows.text))
    else:
        assert set(outcomes) == {"passed"}
    assert no_foreign_sockets == []


@pytest.mark.parametrize("example", SCRIPTS, ids=_example_id)
def test_a_block_without_tests_runs(example: Example, page: pytest.Pytester, no_foreign_sockets: list[object]) -> None:
    exec(compile(example.block.text, str(example.block), "exec"), {"__name__": "__main__"})  # noqa: S102
    assert no_foreign_sockets == []


@pytest.mark.parametrize("example", APPLICATIONS, ids=_example_id)
def test_a_block_that_is_an_application_is_used(example: Example) -> None:
    module = Path(str(example.block.file)).stem
    used = [e for e in TESTS if e.block.page == example.block.page and e.block.line > example.block.line]
    assert module == "conftest" or any(
        re.search(rf"(?m)^(?:from|import) {module}\b|\"{example.block.file}\"", e.block.text) for e in used
    )


@pytest.mark.parametrize("block", TOML, ids=str)
def test_a_block_of_configuration_is_accepted(block: Block, pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(block.text)
    result = pytester.runpytest_inprocess(*PLAIN, "-p", "no:asyncio")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_directives_are_known() -> None:
    known = {"", "fails", "shows", "not run", "example command", "test command"}
    assert {block.directive for block in BLOCKS} <= known


def test_every_failure_is_shown_once() -> None:
    shown = [example.shows for example in EXAMPLES if example.block.directive == "fails"]
    assert shown == [block for block in BLOCKS if block.directive == "shows"]


# -- what is generated -------------------------------------------------------------------------------------------------


def test_the_picture_of_the_story_is_what_the_example_draws() -> None:
    story = runpy.run_path(str(DOCS / "generate" / "story.py"))
    for picture in story["PICTURES"]:
        assert (DOCS / picture).read_text("utf-8") == story["drawn"](picture)


def test_the_fidelity_page_is_what_the_generator_makes() -> None:
    generated = runpy.run_path(str(DOCS / "generate" / "fidelity.py"))["page"]()
    assert generated == (DOCS / "fidelity.md").read_text("utf-8"), "run: python docs/generate/fidelity.py"


def test_the_failure_gallery_is_what_the_generator_makes() -> None:
    generated = runpy.run_path(str(DOCS / "generate" / "failure_gallery.py"))["page"]()
    written = (DOCS / "failure-gallery.md").read_text("utf-8")
    assert _timeless(generated) == _timeless(written), "run: python docs/generate/failure_gallery.py"


def _timeless(text: str) -> str:
    """Return a text without times: how long a client backs off depends on botocore's version."""
    return re.sub(r"\+\d+\.\d{3}s", "+...s", text)


# -- what is listed ----------------------------------------------------------------------------------------------------


def _code(pages: Iterable[Path]) -> str:
    """Return everything that pages show as code."""
    texts = [page.read_text("utf-8") for page in pages]
    fenced = [found["text"] for text in texts for found in FENCED.finditer(text)]
    inline = [span for text in texts for span in re.findall(r"`([^`\n]+)`", FENCED.sub("", text))]
    return "\n".join([*fenced, *inline])


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as forges make them."""
    headings = re.findall(r"(?m)^#+ (.+)$", FENCED.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", LINKING, ids=lambda page: page.name)
def test_relative_links_resolve(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|\$)([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text("utf-8"))
    for target, anchor in links:
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), target
        assert not anchor or anchor in _anchors(file), f"{target}#{anchor}"


def test_the_readme_of_a_release_has_absolute_links(tmp_path: Path) -> None:
    command = re.search(r"(?m)^ *(REPOSITORY=.*\n(?: +.*\n)+?) *```$", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert command is not None
    (tmp_path / "README.md").write_text((ROOT / "README.md").read_text("utf-8"), "utf-8")
    subprocess.run(["sh", "-e", "-c", command[1]], cwd=tmp_path, check=True)  # noqa: S603, S607

    targets = re.findall(r"\]\(([^)]*)\)", (tmp_path / "README.md").read_text("utf-8"))
    assert len(targets) > 10
    assert all(target.startswith(("https://", "#")) for target in targets)
    assert any(target.endswith("/raw/vX.Y.Z/docs/second-try.svg") for target in targets)
    assert any(target.endswith("/blob/vX.Y.Z/docs/async.md#install-beside-boto3") for target in targets)


def test_the_index_links_every_page() -> None:
    links = re.findall(r"\]\(([\w-]+\.md)\)", (DOCS / "index.md").read_text("utf-8"))
    assert sorted(set(links)) == [page.name for page in sorted(DOCS.glob("*.md")) if page.name != "index.md"]


def test_the_reference_has_every_public_class() -> None:
    text = (DOCS / "api.rst").read_text("utf-8")
    listed = re.findall(r"(?m)^\.\. auto\w+:: pytest_connect_chat\.(\w+)$", text)
    assert {*listed, "__version__"} == {*pytest_connect_chat.__all__, "strategies"}


def test_the_reference_says_how_to_make_only_what_users_make() -> None:
    conf = runpy.run_path(str(DOCS / "conf.py"))
    hidden = {}
    for cls in PUBLIC:
        name, lines = f"pytest_connect_chat.{cls.__name__}", inspect.cleandoc(str(cls.__doc__)).splitlines()
        signature = conf["_hide_signature"](None, "class", name)
        conf["_hide_arguments"](None, "class", name, cls, None, lines)
        hidden[cls.__name__] = signature is not None
        assert ("Args:" in lines) == (signature is None and "Args:" in str(cls.__doc__))

    assert {name for name in hidden if not hidden[name]} == conf["MADE_BY_USERS"]
    assert conf["_hide_signature"](None, "method", "pytest_connect_chat.Contact.attributes") is None


def test_the_settings_are_all_listed() -> None:
    text = (DOCS / "fixtures-and-settings.md").read_text("utf-8")
    table = text.partition("\n## Settings\n")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| `(\w+)` \|.*\| (?:`(--[\w-]+)` )?\|$", table)
    flags = {name: f"--connect-chat-{name.replace('_', '-')}" for name in SETTINGS}
    assert rows == [(name, flags[name] if setting.option else "") for name, setting in SETTINGS.items()]


def test_the_fixtures_are_all_listed() -> None:
    text = (DOCS / "fixtures-and-settings.md").read_text("utf-8")
    table = text.partition("\n\n| fixture |")[2].partition("\n\n")[0]
    first_cells = "".join(re.findall(r"(?m)^\|([^|]+)\|", table))
    listed = re.findall(r"`(\w+)`", first_cells)
    assert listed == [name for name, value in vars(plugin).items() if "FixtureFunction" in type(value).__name__]


def _public(cls: type) -> set[str]:
    ours = [base for base in cls.__mro__ if base.__module__.startswith("pytest_connect_chat")]
    names = {name for base in ours for name in vars(base)}
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("cls", PUBLIC)
def test_every_public_member_is_named(cls: type) -> None:
    code = _code(DOCS.glob("*.md"))
    assert [name for name in sorted(_public(cls)) if not re.search(rf"(?<!\w){name}(?!\w)", code)] == []


def test_the_architecture_page_lists_the_modules_as_they_are() -> None:
    modules = runpy.run_path(str(DOCS / "generate" / "modules.py"))
    assert (DOCS / "architecture.md").read_text("utf-8") == modules["text"]()


def test_the_architecture_page_follows_a_request_as_it_goes() -> None:
    page = (DOCS / "architecture.md").read_text("utf-8")
    section = page.partition("\n## A StartChatContact request, file by file\n")[2].partition("\n## ")[0]
    listed = re.findall(r"(?m)^(\d+)\. `([\w/]+\.py)` ", section)
    entered = runpy.run_path(str(DOCS / "generate" / "request_path.py"))["entered"]()
    assert listed == [(str(number), file) for number, file in enumerate(entered, 1)]
