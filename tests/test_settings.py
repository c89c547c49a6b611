"""The settings: one vocabulary for marker, configuration, command line and `FakeConnectChat`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._settings import SETTINGS, settings_from
from pytest_connect_chat.exceptions import SceneError, SettingError

pytestmark = pytest.mark.usefixtures("models_read_once")

PLAIN = ("-p", "no:faker", "-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:randomly")
NAMES = ", ".join(SETTINGS)
KEYS = ", ".join(f"connect_chat_{name}" for name in SETTINGS)
OPTIONS = [name for name, setting in SETTINGS.items() if setting.option]

# For each setting a value that is not the default, in Python and as the configuration writes it.
VALUES: dict[str, tuple[Any, str]] = {
    "seed": (7, "7"),
    "region": ("eu-west-1", '"eu-west-1"'),
    "clock": ("2026-01-01T00:00:00Z", '"2026-01-01T00:00:00Z"'),
    "strict": (False, "false"),
    "unfaked": ("passthrough", '"passthrough"'),
    "max_active_chats": (3, "3"),
    "message_limits": ("16384-bytes", '"16384-bytes"'),
    "client_token_conflict": ("error", '"error"'),
    "connect_within": (2, '"2"'),
    "rate_limit": ("5/8", '"5/8"'),
    "throttle_code": ("ThrottlingException", '"ThrottlingException"'),
    "chaos": (0.25, "0.25"),
    "chaos_mode": ("hard", '"hard"'),
    "parse_once": (False, "false"),
    "block": (True, "true"),
}
EXPECTED = {
    name: repr(value) for name, value in settings_from({n: v for n, (v, _) in VALUES.items()})._asdict().items()
}

WRONG = [
    ("seed", 1.5),
    ("seed", True),
    ("seed", "\ud800"),
    ("region", ""),
    ("region", "us east"),
    ("region", 1),
    ("region", "\u00fc-west-1"),
    ("region", "-us-east-1"),
    ("region", "r" * 64),
    ("clock", "yesterday"),
    ("clock", "2026-01-01T00:00:00"),
    ("clock", 0),
    ("strict", "yes"),
    ("strict", 1),
    ("strict", None),
    ("unfaked", "pass"),
    ("max_active_chats", -1),
    ("max_active_chats", "many"),
    ("max_active_chats", True),
    ("max_active_chats", 1.5),
    ("max_active_chats", None),
    ("message_limits", "none"),
    ("client_token_conflict", []),
    ("connect_within", -1),
    ("connect_within", 0),
    ("connect_within", "soon"),
    ("rate_limit", "5"),
    ("rate_limit", (0, 1)),
    ("rate_limit", 5),
    ("rate_limit", {5}),
    ("rate_limit", {5: 8, 8: 5}),
    ("rate_limit", b"58"),
    ("throttle_code", "Throttled"),
    ("chaos", 2),
    ("chaos", True),
    ("chaos", "nan"),
    ("chaos", b"0.5"),
    ("chaos_mode", "soft"),
    ("parse_once", "true"),
    ("parse_once", 1),
    ("block", "true"),
]

DUMP = """
import json
def test_it(connect_chat):
    with open("settings", "w") as file:
        json.dump({name: repr(value) for name, value in connect_chat.settings._asdict().items()}, file)
"""


@pytest.fixture(autouse=True)
def no_metadata_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def run(pytester: pytest.Pytester, *args: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess(*PLAIN, *args)


def seen(pytester: pytest.Pytester) -> dict[str, str]:
    settings: dict[str, str] = json.loads((pytester.path / "settings").read_text())
    return settings


def ini(**values: str) -> str:
    return "[pytest]\n" + "".join(f"connect_chat_{name} = {value}\n" for name, value in values.items())


def toml(**values: str) -> str:
    return ini(**values).replace("[pytest]", "[tool.pytest]")


def option(name: str) -> str:
    return "--connect-chat-" + name.replace("_", "-")


def only_error(result: pytest.RunResult) -> str:
    """Return the one line that a run which did not start says, apart from its usage."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    lines = [line for line in (*result.errlines, *result.outlines) if line.strip()]
    assert len(lines) == 1, lines
    return lines[0].removeprefix("ERROR: ")


# -- every setting in every place --------------------------------------------------------------------------------------


def test_the_table_of_this_module_has_every_setting() -> None:
    assert set(VALUES) == set(SETTINGS)
    assert {name for name, _ in WRONG} == set(SETTINGS)
    assert set(EXPECTED) == set(SETTINGS)
    assert not set(EXPECTED.items()) & {(name, repr(value)) for name, value in settings_from({})._asdict().items()}


def test_the_constructor_takes_every_setting() -> None:
    fake = FakeConnectChat(**{name: value for name, (value, _) in VALUES.items()})

    assert {name: repr(value) for name, value in fake.settings._asdict().items()} == EXPECTED


def test_the_marker_takes_every_setting(pytester: pytest.Pytester) -> None:
    keywords = ", ".join(f"{name}={value!r}" for name, (value, _) in VALUES.items())
    pytester.makepyfile(f"import pytest\npytestmark = pytest.mark.connect_chat({keywords})\n{DUMP}")

    run(pytester).assert_outcomes(passed=1)

    assert seen(pytester) == EXPECTED


@pytest.mark.parametrize("form", ["pytest.ini", "pyproject.toml"])
def test_the_configuration_takes_every_setting(pytester: pytest.Pytester, form: str) -> None:
    values = {name: text for name, (_, text) in VALUES.items()}
    if form == "pytest.ini":
        pytester.makeini(ini(**{name: text.strip('"') for name, text in values.items()}))
    else:
        pytester.makepyprojecttoml(toml(**values))
    pytester.makepyfile(DUMP)

    run(pytester).assert_outcomes(passed=1)

    assert {**seen(pytester), "seed": None} == {**EXPECTED, "seed": None}
    assert seen(pytester)["seed"] not in ("7", "None")  # mixed into the test's own


def test_the_command_line_takes_these_settings(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(DUMP)

    given = [option(name) if VALUES[name][0] is True else f"{option(name)}={VALUES[name][0]}" for name in OPTIONS]
    run(pytester, *given).assert_outcomes(passed=1)

    assert set(OPTIONS) >= {"seed", "region", "block"}
    for name in OPTIONS:
        assert seen(pytester)[name] == EXPECTED[name] or name == "seed"


def test_without_any_setting_the_defaults_hold(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(DUMP)

    run(pytester).assert_outcomes(passed=1)

    assert {**seen(pytester), "seed": "None"} == {
        name: repr(value) for name, value in settings_from({})._asdict().items()
    }


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("seed", "a text", "a text"),
        ("seed", None, None),
        ("clock", None, None),
        ("clock", "system", "system"),
        ("max_active_chats", "0", 0),
        ("connect_within", None, 0),
        ("connect_within", "none", 0),
        ("connect_within", "0.5", 0.5),
        ("rate_limit", None, None),
        ("rate_limit", "none", None),
        ("rate_limit", "aws", "aws"),
        ("rate_limit", (5, 8), (5, 8)),
        ("rate_limit", "0.5/1", (0.5, 1)),
    ],
)
def test_further_values_are_valid(name: str, value: Any, expected: Any) -> None:
    assert getattr(FakeConnectChat(**{name: value}).settings, name) == expected


# -- the nearest wins --------------------------------------------------------------------------------------------------


def test_command_line_before_configuration_and_marker_before_both(pytester: pytest.Pytester) -> None:
    pytester.makeini(ini(region="eu-west-1", max_active_chats="3"))
    pytester.makepyfile(DUMP)
    assert (run(pytester).ret, seen(pytester)["region"]) == (0, "'eu-west-1'")

    assert (run(pytester, "--connect-chat-region=eu-west-2").ret, seen(pytester)["region"]) == (0, "'eu-west-2'")

    pytester.makepyfile(f"import pytest\npytestmark = pytest.mark.connect_chat(region='eu-west-3')\n{DUMP}")
    assert (run(pytester, "--connect-chat-region=eu-west-2").ret, seen(pytester)["region"]) == (0, "'eu-west-3'")
    assert seen(pytester)["max_active_chats"] == "3"


def test_markers_merge_and_the_nearest_wins_for_each_keyword(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        pytestmark = pytest.mark.connect_chat(max_active_chats=1, region="eu-west-1", strict=False)

        @pytest.mark.connect_chat(max_active_chats=2, region="eu-west-2")
        class TestIt:
            @pytest.mark.connect_chat(max_active_chats=3)
            def test_it(self, connect_chat):
                settings = connect_chat.settings
                assert (settings.max_active_chats, settings.region, settings.strict) == (3, "eu-west-2", False)
        """
    )

    run(pytester).assert_outcomes(passed=1)


@pytest.mark.connect_chat(region="ap-southeast-2")
def test_the_region_is_that_of_the_fixtures_clients(connect_client: Any, connectparticipant_client: Any) -> None:
    assert connect_client.meta.region_name == "ap-southeast-2"
    assert connectparticipant_client.meta.region_name == "ap-southeast-2"


@pytest.mark.parametrize("make", [FakeConnectChat.client, FakeConnectChat.aio_client], ids=["client", "aio_client"])
def test_clients_are_of_the_two_services_only(connect_chat: FakeConnectChat, make: Callable[..., Any]) -> None:
    with pytest.raises(SceneError, match=r"^service is one of connect, connectparticipant, not 's3'\.$"):
        make(connect_chat, "s3")


# -- mistakes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hint"),
    [("max_active_chat", " Did you mean 'max_active_chats'?"), ("colour", ""), ("Region", " Did you mean 'region'?")],
)
def test_a_wrong_name_is_refused_with_the_valid_ones(pytester: pytest.Pytester, name: str, hint: str) -> None:
    with pytest.raises(SettingError) as caught:
        FakeConnectChat(**{name: 1})
    assert str(caught.value) == f"'{name}' is not a setting.{hint} Valid: {NAMES}."

    pytester.makepyfile(f"import pytest\n@pytest.mark.connect_chat({name}=1)\ndef test_it(connect_chat): pass")
    result = run(pytester)
    result.assert_outcomes(errors=1)
    line = f"{name!r} is not a setting in @pytest.mark.connect_chat.{hint} Valid: {NAMES}."
    assert result.outlines.count(line) == 1
    assert "Traceback" not in result.stdout.str()
    assert "_configuration.py" not in result.stdout.str()


@pytest.mark.parametrize("form", ["pytest.ini", "pyproject.toml"])
def test_a_wrong_key_in_the_configuration_is_refused_with_the_valid_ones(pytester: pytest.Pytester, form: str) -> None:
    if form == "pytest.ini":
        pytester.makeini(ini(max_active_chat="1"))
    else:
        pytester.makepyprojecttoml(toml(max_active_chat="1"))
    pytester.makepyfile(DUMP)

    assert only_error(run(pytester)) == (
        "connect_chat_max_active_chat is not a setting of pytest-connect-chat. "
        f"Did you mean 'connect_chat_max_active_chats'? Valid: {KEYS}."
    )


def test_keys_of_others_are_not_ours(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nchat = 1\nconnect_region = 2\n")
    pytester.makepyfile(DUMP)

    run(pytester, "-W", "ignore").assert_outcomes(passed=1)


def test_an_unknown_option_is_refused_by_pytest(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--connect-chat-colour=red")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unrecognized arguments: --connect-chat-colour=red"])


def taken_in_python(name: str) -> str:
    return SETTINGS[name].in_python or SETTINGS[name].valid


def test_a_wrong_rate_is_told_the_form_of_where_it_was_given(pytester: pytest.Pytester) -> None:
    with pytest.raises(SettingError, match=r"rate_limit takes None, 'aws', or rate and burst such as \(5, 8\)\.$"):
        FakeConnectChat(rate_limit=(5,))  # type: ignore[arg-type]
    pytester.makepyfile(DUMP)
    takes = "takes 'none', 'aws', or rate and burst such as '5/8'"

    pytester.makepyprojecttoml(toml(rate_limit='"5"'))
    assert only_error(run(pytester)).endswith(f" is not valid in pytest's configuration: rate_limit {takes}.")
    pytester.makepyprojecttoml(toml(rate_limit="[5, 8]"))
    assert f" is not valid in pytest's configuration: it {takes} (" in only_error(run(pytester))


@pytest.mark.parametrize(("name", "value"), WRONG, ids=repr)
def test_a_wrong_value_is_refused_by_the_constructor(name: str, value: Any) -> None:
    with pytest.raises(SettingError) as caught:
        FakeConnectChat(**{name: value})

    assert str(caught.value) == f"{name}={value!r} is not valid: {name} takes {taken_in_python(name)}."


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("chaos", 10**400, f"1{'0' * 99}... (401 characters)"),
        ("connect_within", 10**400, f"1{'0' * 99}... (401 characters)"),
        ("rate_limit", (10**400, 1), f"(1{'0' * 98}... (406 characters)"),
        ("chaos", 10**5000, "<int, whose repr raises ValueError>"),
        ("region", "r" * 200, f"'{'r' * 99}... (202 characters)"),
    ],
    ids=["chaos", "connect_within", "rate_limit", "thousands of digits", "a long text"],
)
def test_a_wrong_value_of_any_size_is_refused_in_one_line(name: str, value: Any, shown: str) -> None:
    with pytest.raises(SettingError) as caught:
        FakeConnectChat(**{name: value})

    assert str(caught.value) == f"{name}={shown} is not valid: {name} takes {taken_in_python(name)}."


class Whole:
    """A whole number of another library, as numpy has them."""

    def __index__(self) -> int:
        return 7


@pytest.mark.parametrize("name", ["seed", "max_active_chats"])
def test_whole_numbers_of_other_libraries_are_numbers(name: str) -> None:
    value = getattr(FakeConnectChat(**{name: Whole()}).settings, name)

    assert (value, type(value)) == (7, int)


def test_wrong_values_in_markers_are_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import pytest\n"
        + "".join(
            f"@pytest.mark.connect_chat({name}={value!r})\ndef test_{number}(connect_chat): pass\n"
            for number, (name, value) in enumerate(WRONG)
        )
    )

    result = run(pytester)

    result.assert_outcomes(errors=len(WRONG))
    for name, value in WRONG:
        line = f"{name}={value!r} is not valid in @pytest.mark.connect_chat: {name} takes {taken_in_python(name)}."
        assert result.outlines.count(line) == 1, line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("region", "us east"),
        ("clock", "yesterday"),
        ("unfaked", "pass"),
        ("max_active_chats", -1),
        ("message_limits", "none"),
        ("client_token_conflict", "raise"),
        ("connect_within", "0"),
        ("rate_limit", "5"),
        ("throttle_code", "Throttled"),
        ("chaos", 2.0),
        ("chaos_mode", "soft"),
    ],
)
@pytest.mark.parametrize("form", ["pytest.ini", "pyproject.toml"])
def test_a_wrong_value_in_the_configuration_is_refused(
    pytester: pytest.Pytester, name: str, value: Any, form: str
) -> None:
    if form == "pytest.ini":
        pytester.makeini(ini(**{name: str(value)}))
    else:
        pytester.makepyprojecttoml(toml(**{name: json.dumps(value)}))
    pytester.makepyfile(DUMP)

    assert only_error(run(pytester)) == (
        f"connect_chat_{name}={value!r} is not valid in pytest's configuration: {name} takes {SETTINGS[name].valid}."
    )


@pytest.mark.parametrize(("name", "text"), [("region", "us east"), ("chaos", "much"), ("chaos_mode", "soft")])
def test_a_wrong_value_on_the_command_line_is_refused(pytester: pytest.Pytester, name: str, text: str) -> None:
    assert only_error(run(pytester, f"{option(name)}={text}")) == (
        f"{option(name)}={text!r} is not valid on the command line: {name} takes {SETTINGS[name].valid}."
    )


@pytest.mark.parametrize(
    ("name", "text"), [("seed", "seven"), ("strict", "perhaps"), ("block", "perhaps"), ("max_active_chats", "many")]
)
@pytest.mark.parametrize("form", ["pytest.ini", "pyproject.toml"])
def test_a_value_of_a_wrong_type_in_the_configuration_is_refused(
    pytester: pytest.Pytester, name: str, text: str, form: str
) -> None:
    if form == "pytest.ini":
        pytester.makeini(ini(**{name: text}))
    else:
        pytester.makepyprojecttoml(toml(**{name: f'"{text}"'}))
    pytester.makepyfile(DUMP)

    line = only_error(run(pytester))

    assert line.startswith(
        f"connect_chat_{name} is not valid in pytest's configuration: it takes {SETTINGS[name].valid} ("
    )
    assert text in line or form == "pyproject.toml"


def test_a_seed_of_the_command_line_is_a_number(pytester: pytest.Pytester) -> None:
    assert only_error(run(pytester, "--connect-chat-seed=seven")) == (
        "--connect-chat-seed='seven' is not valid on the command line: it takes a whole number."
    )


@pytest.mark.parametrize("fixture", ["connect_chat", ""], ids=["with the fixture", "without it"])
def test_positional_arguments_of_the_marker_are_refused(pytester: pytest.Pytester, fixture: str) -> None:
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.connect_chat("eu-west-1", 3)
        def test_it({fixture}):
            pass

        def test_next():
            pass
        """
    )

    result = run(pytester)

    result.assert_outcomes(errors=1, passed=1)
    assert "INTERNALERROR" not in result.stdout.str()
    line = (
        "@pytest.mark.connect_chat takes keywords only, for example max_active_chats=1, not ('eu-west-1', 3). "
        f"Valid: {NAMES}."
    )
    assert result.outlines.count(line) == 1


# -- the seed ----------------------------------------------------------------------------------------------------------

SEEDED = """
import json, os
import pytest

@pytest.fixture(autouse=True)
def dump(request, connect_chat):
    yield
    id = connect_chat.add_contact().contact_id
    name = "::".join([type(request.instance).__name__] * bool(request.instance) + [request.node.name])
    with open(os.path.join(os.environ["DUMPED"], name.replace("/", "|")), "w") as file:
        json.dump([connect_chat.settings.seed, id], file)

def test_one(): pass
def test_two(): pass

@pytest.mark.parametrize("text", ["a", "ü", "a/b"], ids=str)
def test_parameters(text): pass

class Base:
    def test_inherited(self): pass

class TestOne(Base): pass
class TestTwo(Base): pass
"""


def dumped(pytester: pytest.Pytester, *args: str) -> dict[str, Any]:
    """Run the tests of `SEEDED` and return the seed and the id of each."""
    directory = pytester.mkdir(f"dumped-{len(list(pytester.path.glob('dumped-*')))}")
    os.environ["DUMPED"] = str(directory)
    try:
        result = run(pytester, *args)
    finally:
        del os.environ["DUMPED"]
    assert result.ret == 0
    return {path.name: json.loads(path.read_text()) for path in directory.iterdir()}


@pytest.fixture
def seeded(pytester: pytest.Pytester) -> pytest.Pytester:
    tests = pytester.mkdir("tests")
    (tests / "test_seeded.py").write_text(SEEDED)
    return pytester


def test_each_test_has_its_own_seed(seeded: pytest.Pytester) -> None:
    found = dumped(seeded)

    assert len(found) == 7
    assert len({seed for seed, _ in found.values()}) == 7
    assert len({contact_id for _, contact_id in found.values()}) == 7


def test_the_seed_follows_from_the_test_and_nothing_else(
    seeded: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = dumped(seeded)

    alone = dumped(seeded, "tests/test_seeded.py::test_two")
    monkeypatch.chdir(seeded.path / "tests")
    elsewhere = dumped(seeded)

    assert alone == {"test_two": found["test_two"]}
    assert elsewhere == found


def test_the_seed_is_the_same_in_any_order(seeded: pytest.Pytester) -> None:
    (seeded.path / "conftest.py").write_text("def pytest_collection_modifyitems(items): items.reverse()")
    reversed_order = dumped(seeded)
    (seeded.path / "conftest.py").write_text("")

    assert reversed_order == dumped(seeded)


def test_two_modules_differ(seeded: pytest.Pytester) -> None:
    found = dumped(seeded)
    (seeded.path / "tests" / "test_seeded.py").rename(seeded.path / "tests" / "test_other.py")

    assert not {seed for seed, _ in found.values()} & {seed for seed, _ in dumped(seeded).values()}


def test_a_number_in_the_configuration_is_mixed_in(seeded: pytest.Pytester) -> None:
    plain, seven, eight = (
        dumped(seeded),
        dumped(seeded, "--connect-chat-seed=7"),
        dumped(seeded, "-o", "connect_chat_seed=8"),
    )

    for name in plain:
        assert len({plain[name][0], seven[name][0], eight[name][0]}) == 3
    assert len({seed for seed, _ in seven.values()}) == 7
    assert dumped(seeded, "-o", "connect_chat_seed=7") == seven


def test_the_seed_of_a_marker_is_used_as_it_is(pytester: pytest.Pytester) -> None:
    pytester.makeini(ini(seed="3"))
    pytester.makepyfile(f"import pytest\npytestmark = pytest.mark.connect_chat(seed='a text')\n{DUMP}")

    run(pytester).assert_outcomes(passed=1)

    assert seen(pytester)["seed"] == "'a text'"
    assert FakeConnectChat(seed=7).settings.seed == 7


def test_a_test_that_is_no_function_has_a_seed(pytester: pytest.Pytester) -> None:
    (pytester.path / "test_it.txt").write_text(
        dedent(
            """
            >>> fake = getfixture("connect_chat")
            >>> isinstance(fake.settings.seed, int)
            True
            """
        )
    )

    run(pytester).assert_outcomes(passed=1)


# -- the region --------------------------------------------------------------------------------------------------------

APP = """
import boto3.session
connect = boto3.session.Session().client("connect")  # boto3.client() keeps a session over nested runs
"""
TESTS_OF_APP = """
from app import connect
def test_it(connect_chat):
    assert connect.meta.region_name == "eu-west-1"
"""


@pytest.fixture
def app(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(app=APP, test_it=TESTS_OF_APP)
    pytester.syspathinsert()
    return pytester


@pytest.mark.parametrize("form", ["pytest.ini", "pyproject.toml", "command line"])
def test_the_region_is_there_before_applications_are_imported(app: pytest.Pytester, form: str) -> None:
    app.makeconftest("from app import connect")
    if form == "pytest.ini":
        app.makeini(ini(region="eu-west-1"))
    elif form == "pyproject.toml":
        app.makepyprojecttoml(toml(region='"eu-west-1"'))
    args = ["--connect-chat-region=eu-west-1"] if form == "command line" else []

    run(app, *args).assert_outcomes(passed=1)


def test_the_exported_region_is_taken_back(pytester: pytest.Pytester) -> None:
    pytester.makeini(ini(region="eu-west-1"))
    pytester.makepyfile(
        """
        import os
        at_import = os.environ["AWS_DEFAULT_REGION"]
        def test_it():
            assert at_import == os.environ["AWS_DEFAULT_REGION"] == "eu-west-1"
        """
    )

    run(pytester).assert_outcomes(passed=1)

    assert "AWS_DEFAULT_REGION" not in os.environ


def test_the_region_of_the_environment_wins(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    pytester.makeini(ini(region="eu-west-1"))
    pytester.makepyfile("import os\ndef test_it(): assert os.environ['AWS_DEFAULT_REGION'] == 'eu-west-2'")

    run(pytester).assert_outcomes(passed=1)

    assert os.environ["AWS_DEFAULT_REGION"] == "eu-west-2"


def test_without_the_setting_nothing_is_exported(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os
        assert "AWS_DEFAULT_REGION" not in os.environ
        def test_it(): assert "AWS_DEFAULT_REGION" not in os.environ
        """
    )

    run(pytester).assert_outcomes(passed=1)


IN_A_REGION = """
    import os
    import boto3.session
    import pytest

    def region():
        assert os.environ["AWS_DEFAULT_REGION"] == boto3.session.Session().client("connect").meta.region_name
        return os.environ["AWS_DEFAULT_REGION"]

    @pytest.mark.connect_chat(region="{marked}")
    def test_marked(connect_chat, connect_client):
        assert region() == connect_client.meta.region_name == "{marked}"

    def test_taken(connect_chat):
        assert region() == "{taken}"

    def test_outside():
        assert os.environ.get("AWS_DEFAULT_REGION") == {outside!r}
"""


@pytest.mark.parametrize(
    ("configured", "environment", "marked", "taken", "outside"),
    [
        pytest.param(None, None, "eu-west-1", "us-east-1", None, id="bare machine"),
        pytest.param(None, "eu-west-2", "us-east-1", "eu-west-2", "eu-west-2", id="environment"),
        pytest.param("eu-west-3", None, "eu-west-1", "eu-west-3", "eu-west-3", id="configuration"),
        pytest.param("us-east-1", "eu-west-2", "eu-west-1", "us-east-1", "eu-west-2", id="both"),
    ],
)
def test_while_the_fixture_is_taken_there_is_a_region(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    configured: str | None,
    environment: str | None,
    marked: str,
    taken: str,
    outside: str | None,
) -> None:
    if environment is not None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", environment)
    if configured is not None:
        pytester.makeini(ini(region=configured))
    pytester.makepyfile(IN_A_REGION.format(marked=marked, taken=taken, outside=outside))

    run(pytester).assert_outcomes(passed=3)

    assert os.environ.get("AWS_DEFAULT_REGION") == environment


def test_a_region_that_a_test_sets_itself_is_undone_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os
        import pytest

        @pytest.fixture(autouse=True)
        def older(monkeypatch):
            pass

        def test_it(connect_chat, monkeypatch):
            monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

        def test_later():
            assert "AWS_DEFAULT_REGION" not in os.environ
        """
    )

    run(pytester).assert_outcomes(passed=2)


HINT = (
    'A client was made where no region is known. Set connect_chat_region = "us-east-1" in pytest\'s configuration: '
    "it is exported before collection, so that clients made at import time have one."
)


def test_a_module_that_needs_a_region_fails_with_a_hint(app: pytest.Pytester) -> None:
    result = run(app)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*NoRegionError*", "*-- connect chat --*"])
    assert HINT in result.outlines


def test_a_conftest_that_needs_a_region_fails_with_a_hint(app: pytest.Pytester) -> None:
    app.makeconftest("from app import connect")

    result = run(app)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*NoRegionError*"])
    assert [line.removeprefix("E").strip() for line in result.errlines].count(HINT) == 1


def test_a_conftest_that_fails_otherwise_gets_no_hint(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("raise RuntimeError('something else')")

    result = run(pytester)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*something else*"])
    assert "region" not in result.stderr.str()


TAKES_NOTHING = """
    import boto3
    import unittest

    import pytest
    from botocore.awsrequest import AWSResponse
    from botocore.exceptions import ClientError, NoCredentialsError
    from pytest_connect_chat import FakeConnectChat

    SESSION = boto3.session.Session(region_name="us-east-1")
    REQUEST = {"InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": {"DisplayName": "Ada"}}

    def open_chat(**settings):
        client = SESSION.client("connect", **settings)
        client.start_chat_contact(**REQUEST)

    @pytest.fixture
    def opened():
        open_chat()

    def test_forgets():
        open_chat()

    def test_too_late(opened, connect_chat):
        pass

    def test_cause():
        try:
            open_chat()
        except NoCredentialsError as error:
            raise RuntimeError("The application failed.") from error

    def test_another_service():
        SESSION.client("connectcases").list_domains()

    def test_another_place():
        open_chat(endpoint_url="http://localhost:1")

    def test_another_error():
        raise NoCredentialsError

    @pytest.fixture
    def closes():
        yield
        open_chat()

    def test_clean_up_too_late(closes, connect_chat):
        pass

    def test_with_credentials_that_a_client_has_kept():
        client = SESSION.client("connect", aws_access_key_id="k", aws_secret_access_key="s")
        refusal = AWSResponse("https://connect", 403, {"x-amzn-errortype": "UnrecognizedClientException"}, None)
        refusal._content = b"{}"
        client.meta.events.register("before-send", lambda **event: refusal)
        client.start_chat_contact(**REQUEST)

    def test_an_error_that_is_played():
        client = SESSION.client("connect")
        def play(**event):
            raise NoCredentialsError
        client.meta.events.register("before-send", play)
        client.meta.events.register("before-sign", play)
        client.start_chat_contact(**REQUEST)

    def test_a_fake_of_its_own():
        with FakeConnectChat() as fake:
            fake.faults.network_error("endpoint_unreachable")
            open_chat()

    class TestOfUnittest(unittest.TestCase):
        def test_it(self):
            open_chat()
"""


def test_a_call_that_nobody_answers_fails_with_a_hint(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, no_sockets: list[Any]
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    pytester.makepyfile(TAKES_NOTHING)

    result = run(pytester)

    result.assert_outcomes(failed=9, errors=2, passed=1)
    hinted = [line for line in result.outlines if line == "StartChatContact of connect was on its way to AWS."]
    assert len(hinted) == 6
    result.stdout.fnmatch_lines(
        [
            "No connect_chat was active: take the fixture in the test, or in the fixture that",
            "makes the call. The setting block refuses all such calls.",
        ],
        consecutive=True,
    )
    assert no_sockets == []


def test_a_test_that_needs_a_region_fails_with_a_hint(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import boto3
        def test_it():
            boto3.session.Session().client("connect")
        def test_other():
            assert False
        """
    )

    result = run(pytester)

    result.assert_outcomes(failed=2)
    assert result.outlines.count(HINT) == 1


# -- what pytest shows -------------------------------------------------------------------------------------------------


def test_the_header_shows_what_differs_from_the_defaults(pytester: pytest.Pytester) -> None:
    pytester.makeini(ini(max_active_chats="3", strict="false", unfaked="error"))
    pytester.makepyfile(DUMP)

    result = run(pytester, "--connect-chat-seed=7")

    result.assert_outcomes(passed=1)
    assert result.outlines.count("connect chat: seed=7, strict=False, max_active_chats=3") == 1


@pytest.mark.parametrize(
    "given", [{}, {"max_active_chats": "500", "strict": "true", "connect_within": "5"}], ids=["nothing", "defaults"]
)
def test_the_header_does_not_show_defaults(pytester: pytest.Pytester, given: dict[str, str]) -> None:
    pytester.makeini(ini(**given))
    pytester.makepyfile(DUMP)

    result = run(pytester)

    result.assert_outcomes(passed=1)
    assert "connect chat:" not in result.stdout.str()


def test_the_marker_is_registered(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--markers")

    assert result.ret == 0
    assert (
        "@pytest.mark.connect_chat(**settings): takes the fixture connect_chat for this test, with these settings, "
        f"for example max_active_chats=1; they are {NAMES}"
    ) in result.outlines


def test_the_fixtures_say_what_they_are(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--fixtures")

    for fixture in ("connect_chat", "connect_client", "connectparticipant_client", "start_chat_contact_request"):
        position = next(i for i, line in enumerate(result.outlines) if line.startswith(f"{fixture} -- "))
        assert "pytest_connect_chat" in result.outlines[position]
        assert result.outlines[position + 1].strip() not in ("", "no docstring available")


def test_the_help_has_every_option_and_key(pytester: pytest.Pytester) -> None:
    output = run(pytester, "--help").stdout.str()

    assert "Amazon Connect chat (pytest-connect-chat):" in output
    assert all(f"  {option(name)}" in output for name in OPTIONS)
    assert all(f"  connect_chat_{name} (" in output for name in SETTINGS)


def test_the_plugin_can_be_left_out(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(connect_chat): pass")

    result = run(pytester, "-p", "no:connect_chat")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'connect_chat' not found"])


# -- block -------------------------------------------------------------------------------------------------------------

CALLS = """
import boto3
import pytest

def call():
    client = boto3.session.Session().client("connect", region_name="us-east-1")
    client.stop_contact(InstanceId="i", ContactId="c")
"""
REFUSED = (
    "StopContact was called on a connect client while no connect_chat was active, and the setting block is on. Take "
    "the fixture in the test, or in the fixture that makes the call; @pytest.mark.connect_chat takes it before "
    "setup_method; a fixture of a wider scope uses FakeConnectChat(). @pytest.mark.connect_chat(block=False) lets this "
    "test through. It came from test_block_refuses_calls_of_tests_without_the_fixture.py:6."
)


@pytest.mark.parametrize("where", ["configuration", "command line", "marker"])
def test_block_refuses_calls_of_tests_without_the_fixture(
    pytester: pytest.Pytester, where: str, no_sockets: list[Any]
) -> None:
    marker = "pytestmark = pytest.mark.connect_chat(block=True)" if where == "marker" else ""
    pytester.makeini(ini(block="true" if where == "configuration" else "false"))
    pytester.makepyfile(
        CALLS
        + dedent(
            f"""
            {marker}

            def test_call():
                call()

            def test_swallowed():
                with pytest.raises(Exception):
                    call()

            def test_no_call():
                pass

            def test_with_the_fixture(connect_chat):
                contact = connect_chat.add_contact(instance_id="i", contact_id="c")
                call()
                assert not contact.is_active
            """
        )
    )

    result = run(pytester, *(["--connect-chat-block"] if where == "command line" else []))

    result.assert_outcomes(failed=2, passed=2)
    assert result.outlines.count(REFUSED) == 1
    assert any(line.startswith("E ") and line.endswith(REFUSED) for line in result.outlines)
    assert no_sockets == []


def test_a_refused_call_says_which_thread_it_came_from(pytester: pytest.Pytester, no_sockets: list[Any]) -> None:
    pytester.makeini(ini(block="true"))
    pytester.makepyfile(
        CALLS
        + dedent(
            """
            from concurrent.futures import ThreadPoolExecutor

            def test_call():
                with ThreadPoolExecutor(thread_name_prefix="sender") as pool:
                    pool.submit(call)

            def test_client_in_a_thread():
                client = boto3.session.Session().client("connect", region_name="us-east-1")
                with ThreadPoolExecutor(thread_name_prefix="caller") as pool:
                    pool.submit(client.stop_contact, InstanceId="i", ContactId="c")
            """
        )
    )

    result = run(pytester)

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*It came from test_a_refused_call_*.py:6, in the thread sender_0."])
    result.stdout.fnmatch_lines(["*It came from the thread caller_0."])


def test_a_marker_lets_a_test_through_the_block(pytester: pytest.Pytester, no_sockets: list[Any]) -> None:
    pytester.makeini(ini(block="true"))
    pytester.makepyfile(
        CALLS
        + dedent(
            """
            def stands_in(**kwargs):
                raise RuntimeError("let through")

            @pytest.mark.connect_chat(block=False)
            def test_it():
                client = boto3.session.Session().client(
                    "connect", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="s"
                )
                client.meta.events.register("before-send.connect", stands_in)
                with pytest.raises(RuntimeError, match="let through"):
                    client.stop_contact(InstanceId="i", ContactId="c")

            def test_next():
                call()
            """
        )
    )

    result = run(pytester)

    result.assert_outcomes(passed=1, failed=1)
    assert no_sockets == []


@pytest.mark.parametrize(
    ("name", "text"),
    [("connect_within", "none"), ("rate_limit", "5/8"), ("clock", "2026-01-01T00:00:00Z"), ("clock", "system")],
)
def test_a_configured_value_reaches_a_test_that_takes_the_fixture(
    pytester: pytest.Pytester, name: str, text: str
) -> None:
    pytester.makeini(ini(**{name: text}))
    pytester.makepyfile("def test_takes_it(connect_chat):\n    pass\n")
    run(pytester).assert_outcomes(passed=1)


@pytest.mark.parametrize("file", ["pyproject.toml", "pytest.toml"])
def test_a_time_of_toml_itself_is_a_time(pytester: pytest.Pytester, file: str) -> None:
    table = "tool.pytest" if file == "pyproject.toml" else "pytest"
    (pytester.path / file).write_text(f"[{table}]\nconnect_chat_clock = 2026-01-01T01:00:00+01:00\n")
    pytester.makepyfile(DUMP)

    run(pytester).assert_outcomes(passed=1)

    assert seen(pytester)["clock"] == EXPECTED["clock"]


@pytest.mark.parametrize("value", ["2026-01-01T00:00:00", "2026-01-01", "00:00:00"])
def test_a_time_of_toml_without_its_zone_is_refused(pytester: pytest.Pytester, value: str) -> None:
    pytester.makepyprojecttoml(f"[tool.pytest]\nconnect_chat_clock = {value}\n")

    line = only_error(run(pytester))

    assert line.startswith("connect_chat_clock=datetime.")
    assert line.endswith(f" is not valid in pytest's configuration: clock takes {SETTINGS['clock'].valid}.")


def test_a_pytest_that_does_not_tell_unknown_keys_is_no_reason_to_fail(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(DUMP)
    monkeypatch.setattr(pytest.Config, "_get_unknown_ini_keys", None)
    monkeypatch.delattr(pytest.Config, "_get_unknown_ini_keys")
    monkeypatch.setattr(pytest.Config, "_validate_config_options", lambda config: None)

    run(pytester).assert_outcomes(passed=1)


def test_a_seed_of_none_in_a_marker_is_no_seed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        ids = set()

        @pytest.mark.connect_chat(seed=None)
        @pytest.mark.parametrize("number", [1, 2])
        def test_takes_it(connect_chat, number):
            ids.add(connect_chat.add_contact().contact_id)
            assert len(ids) == number
        """
    )
    run(pytester).assert_outcomes(passed=2)
