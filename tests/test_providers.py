"""`ConnectChatProvider` on anyone's `Faker`, and the fixture `start_chat_contact_request`."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest
from faker import Factory, Faker
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_connect_chat import ABSENT, ConnectChatProvider, FakeConnectChat, RequestFactory
from pytest_connect_chat._model.catalogue import service_model
from pytest_connect_chat.providers import request_factory

pytestmark = pytest.mark.once

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive"
INTERACTIVE_RESPONSE = "application/vnd.amazonaws.connect.message.interactive.response"
SENDABLE = ("text/plain", "text/markdown", "application/json", INTERACTIVE_RESPONSE)
LOCALES = ("en_US", "de_DE", "ja_JP", "ar_AA", "he_IL", "hi_IN")
PLAIN = ("-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:randomly")


def faker_with(locale: Any = "en_US", seed: int = 17) -> Any:
    fake = Faker(locale)
    fake.seed_instance(seed)
    for factory in fake.factories:  # with several locales, a `Faker` adds none itself
        factory.add_provider(ConnectChatProvider)
    return fake


# -- single values -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", [*LOCALES, pytest.param(LOCALES, id="all")])
@pytest.mark.parametrize("method", ["contact_id", "participant_id", "instance_id", "contact_flow_id"])
def test_ids_are_version_4_uuids(locale: Any, method: str) -> None:
    make = getattr(faker_with(locale), method)

    ids = {make() for _ in range(20)}

    assert len(ids) == 20
    assert all(UUID4.fullmatch(each) for each in ids)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_an_instance_arn_names_region_account_and_instance(region: str) -> None:
    arn = faker_with().instance_arn(region)

    assert re.fullmatch(rf"arn:aws:connect:{region}:[0-9]{{12}}:instance/({UUID4.pattern})", arn)
    assert ":us-east-1:" in faker_with().instance_arn()


@pytest.mark.parametrize("method", ["participant_token", "connection_token"])
def test_tokens_have_the_structure_of_real_ones(method: str) -> None:
    token = getattr(faker_with(), method)()

    assert len(token) == 612
    assert token.startswith("QVFJREFI")
    assert b"::" in b64decode(token, validate=True)


@pytest.mark.parametrize("locale", LOCALES)
def test_display_names_are_of_the_locale_and_short_enough(locale: str) -> None:
    fake = faker_with(locale)

    names = [fake.display_name() for _ in range(20)]

    assert all(1 <= len(name) <= 256 for name in names)
    fake.seed_instance(17)
    assert names == [fake.name() for _ in range(20)]


def test_a_long_name_is_cut() -> None:
    fake = faker_with()
    provider = ConnectChatProvider(fake.factories[0])
    fake.factories[0].name = lambda: "Ada " * 100

    assert provider.display_name() == "Ada " * 64


def test_attributes_are_few_texts() -> None:
    fake = faker_with()

    drawn = [fake.chat_attributes() for _ in range(50)]

    assert {len(attributes) for attributes in drawn} == {1, 2, 3, 4, 5}
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", key) for attributes in drawn for key in attributes)
    assert all(isinstance(value, str) for attributes in drawn for value in attributes.values())


@pytest.mark.parametrize("content_type", SENDABLE)
def test_messages_are_of_their_content_type(content_type: str) -> None:
    fake = faker_with()

    messages = [fake.chat_message(content_type) for _ in range(20)]

    assert len(set(messages)) > 1
    assert all(0 < len(message) <= 1024 for message in messages)
    if content_type in ("application/json", INTERACTIVE_RESPONSE):
        assert all(isinstance(json.loads(message), dict) for message in messages)
    if content_type == "text/markdown":
        assert all(message.startswith("**") for message in messages)


def test_plain_text_is_the_default() -> None:
    assert faker_with().chat_message() == faker_with().chat_message("text/plain")


@pytest.mark.parametrize("content_type", [INTERACTIVE, "text/html", "", None])
def test_a_message_that_no_customer_sends_is_refused(content_type: Any) -> None:
    with pytest.raises(ValueError) as caught:
        faker_with().chat_message(content_type)

    assert str(caught.value) == (
        f"content_type={content_type!r} is not valid: a customer sends text/plain, text/markdown, application/json or "
        "application/vnd.amazonaws.connect.message.interactive.response."
    )


def test_everything_follows_from_the_fakers_seed() -> None:
    def drawn(seed: int) -> list[Any]:
        fake = faker_with(seed=seed)
        return [fake.contact_id(), fake.participant_token(), fake.instance_arn()] + [
            fake.start_chat_contact_request() for _ in range(5)
        ]

    assert drawn(1) == drawn(1)
    assert all(one != other for one, other in zip(drawn(1), drawn(2), strict=True))


# -- whole requests ----------------------------------------------------------------------------------------------------


def test_a_request_has_the_required_members_and_a_choice_of_the_optional_ones() -> None:
    fake = faker_with()
    shape = service_model("connect").operation_model("StartChatContact").input_shape

    requests = [fake.start_chat_contact_request() for _ in range(100)]

    always = set.intersection(*(set(request) for request in requests))
    ever = set.union(*(set(request) for request in requests))
    assert set(shape.required_members) <= always
    assert ever - always == {
        "ParticipantConfiguration",
        "InitialMessage",
        "ChatDurationInMinutes",
        "SupportedMessagingContentTypes",
        "SegmentAttributes",
        "CustomerId",
        "DisconnectOnCustomerExit",
    }
    assert ever <= set(shape.members)
    subtypes = {
        request.get("SegmentAttributes", {}).get("connect:Subtype", {}).get("ValueString") for request in requests
    }
    assert subtypes == {None, "connect:Chat", "connect:Guide"}
    content_types = {request["InitialMessage"]["ContentType"] for request in requests if "InitialMessage" in request}
    assert content_types == set(SENDABLE)


def test_overrides_win_and_absent_leaves_out() -> None:
    fake = faker_with()

    for _ in range(20):
        request = fake.start_chat_contact_request(
            CustomerId="C-1",
            Attributes={},
            ParticipantDetails=ABSENT,
            InitialMessage=ABSENT,
            SegmentAttributes=ABSENT,
            SupportedMessagingContentTypes=ABSENT,
        )

        assert (request["CustomerId"], request["Attributes"]) == ("C-1", {})
        assert not {
            "ParticipantDetails",
            "InitialMessage",
            "SegmentAttributes",
            "SupportedMessagingContentTypes",
        } & set(request)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"InitialMessage": {"ContentType": "text/html", "Content": "x"}}, "InvalidParameterException"),
        ({"SupportedMessagingContentTypes": ["text/plain", "text/html"]}, "InvalidParameterException"),
        ({"SegmentAttributes": {"connect:Subtype": {}}}, "InvalidParameterException"),
    ],
    ids=["content type", "supported type", "segment attribute"],
)
def test_overrides_may_be_wrong_on_purpose(
    connect_client: Any, start_chat_contact_request: Any, wrong: dict[str, Any], error: str
) -> None:
    for _ in range(10):
        with pytest.raises(getattr(connect_client.exceptions, error)):
            connect_client.start_chat_contact(**start_chat_contact_request(**wrong))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"Attribute": {}}, "StartChatContact has no member 'Attribute'. Did you mean 'Attributes'?"),
        ({"CustomerId": "C-1", "Custmer": "x"}, "StartChatContact has no member 'Custmer'. Did you mean 'CustomerId'?"),
        (
            {"ParticipantDetails": {"DisplayNam": "Ada"}},
            "StartChatContact has no member 'DisplayNam' in ParticipantDetails. Did you mean 'DisplayName'?",
        ),
    ],
    ids=["a member", "beside another", "a member of a member"],
)
def test_a_mistyped_member_is_refused(start_chat_contact_request: Any, overrides: dict[str, Any], message: str) -> None:
    for make in (start_chat_contact_request, faker_with().start_chat_contact_request):
        with pytest.raises(TypeError) as caught:
            make(**overrides)
        assert str(caught.value) == message


def test_the_members_are_known_without_a_client(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-another-machine")
    pytester.makepyfile(
        program="""
        from botocore.session import Session
        from faker import Factory, Faker
        from pytest_connect_chat import ConnectChatProvider

        def refuse(*_, **__):
            raise AssertionError("a client was made")

        Session.create_client = refuse
        faker = Faker()
        faker.add_provider(ConnectChatProvider)
        print(faker.start_chat_contact_request(CustomerId="C-17")["CustomerId"])
        """
    )

    result = pytester.runpython(pytester.path / "program.py")

    assert result.outlines == ["C-17"]


@pytest.mark.parametrize("overrides", [{"InitialMessage": "text"}, {"SegmentAttributes": ["x"]}], ids=str)
def test_overrides_of_a_wrong_type_are_handed_on(overrides: dict[str, Any]) -> None:
    assert faker_with().start_chat_contact_request(**overrides).items() >= overrides.items()


def test_overrides_are_not_changed(start_chat_contact_request: Any) -> None:
    supported = ["text/plain"]
    message = {"ContentType": "text/plain", "Content": "Hello"}

    for _ in range(20):
        start_chat_contact_request(
            SupportedMessagingContentTypes=supported,
            SegmentAttributes={"connect:Subtype": {"ValueString": "connect:Chat"}},
        )
        start_chat_contact_request(InitialMessage=message)

    assert supported == ["text/plain"]
    assert message == {"ContentType": "text/plain", "Content": "Hello"}


contents = {
    "text/plain": st.text(min_size=1, max_size=40),
    "text/markdown": st.text(min_size=1, max_size=40),
    "application/json": st.dictionaries(st.text(max_size=5), st.integers(), max_size=3).map(json.dumps),
    INTERACTIVE_RESPONSE: st.text(min_size=1, max_size=40),
}
messages = st.sampled_from(SENDABLE).flatmap(
    lambda kind: contents[kind].map(lambda content: {"ContentType": kind, "Content": content})
)
keys = st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True)
supported_types = st.sets(st.sampled_from((*SENDABLE, INTERACTIVE))).map(lambda kinds: sorted(kinds | {"text/plain"}))
segment_values = st.one_of(
    st.text(max_size=20).map(lambda text: {"ValueString": text}),
    st.integers(0, 9).map(lambda number: {"ValueInteger": number}),
)
segment_attributes = st.one_of(
    st.sampled_from(["connect:Chat", "connect:Guide"]).map(lambda kind: {"connect:Subtype": {"ValueString": kind}}),
    st.dictionaries(keys, segment_values, max_size=3),
)
valid_overrides = st.fixed_dictionaries(
    {},
    optional={
        "ContactFlowId": st.text("abc-123", min_size=1, max_size=40),
        "ParticipantDetails": st.text(min_size=1, max_size=256).map(lambda name: {"DisplayName": name}),
        "ParticipantConfiguration": st.one_of(
            st.just(ABSENT), st.sampled_from(["INCREMENTAL", "COMPLETE"]).map(lambda mode: {"ResponseMode": mode})
        ),
        "Attributes": st.one_of(st.just(ABSENT), st.dictionaries(keys, st.text(max_size=40), max_size=5)),
        "InitialMessage": st.one_of(st.just(ABSENT), messages),
        "ClientToken": st.text(min_size=1, max_size=500),
        "ChatDurationInMinutes": st.one_of(st.just(ABSENT), st.integers(60, 10_080)),
        "SupportedMessagingContentTypes": st.one_of(st.just(ABSENT), supported_types),
        "SegmentAttributes": st.one_of(st.just(ABSENT), segment_attributes),
        "CustomerId": st.one_of(st.just(ABSENT), st.text(min_size=1, max_size=128)),
        "DisconnectOnCustomerExit": st.one_of(st.just(ABSENT), st.just(["AGENT"])),
    },
)


def goes_together(overrides: dict[str, Any]) -> bool:
    """Return whether what is given twice over agrees: what the factory draws has to suit it, not to repair it."""
    supported = overrides.get("SupportedMessagingContentTypes")
    if supported is None:
        return True
    listed = () if supported is ABSENT else supported
    message = overrides.get("InitialMessage", ABSENT)
    segments = overrides.get("SegmentAttributes", ABSENT)
    guide = segments is not ABSENT and segments.get("connect:Subtype") == {"ValueString": "connect:Guide"}
    return (not listed or message is ABSENT or message["ContentType"] in listed) and (
        not guide or {INTERACTIVE, INTERACTIVE_RESPONSE} <= set(listed)
    )


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 2**32),
    locale=st.sampled_from(LOCALES),
    overrides=valid_overrides.filter(goes_together),
    origin=st.sampled_from([None, "ENTIRE_PAST_SESSION", "FROM_SEGMENT", "related"]),
)
def test_every_request_is_accepted(
    fakers: dict[str, Any],
    connect_client_of_all: Any,
    seed: int,
    locale: str,
    overrides: dict[str, Any],
    origin: str | None,
) -> None:
    faker = fakers[locale]
    faker.seed_instance(seed)
    with FakeConnectChat(seed=seed) as fake:
        past = fake.add_ended_chat(segments=2)
        fake.add_instance(past[0].instance_id, [overrides.get("ContactFlowId", past[0].contact_flow_id)])
        place: dict[str, Any] = {"InstanceId": past[0].instance_id, "ContactFlowId": past[0].contact_flow_id}
        if origin == "related":
            place["RelatedContactId"] = past[1].contact_id
        elif origin is not None:
            place["PersistentChat"] = {"RehydrationType": origin, "SourceContactId": past[0].contact_id}

        request = faker.start_chat_contact_request(**{**place, **overrides})
        answer = connect_client_of_all.start_chat_contact(**request)

        assert fake.contacts[answer["ContactId"]].display_name == request["ParticipantDetails"]["DisplayName"]


@pytest.fixture(scope="module")
def fakers() -> dict[str, Any]:
    return {locale: faker_with(locale) for locale in LOCALES}


@pytest.fixture(scope="module")
def connect_client_of_all() -> Any:
    return FakeConnectChat().client("connect")


# -- the fixture -------------------------------------------------------------------------------------------------------


def test_the_fixtures_requests_are_accepted(
    connect_chat: FakeConnectChat, connect_client: Any, start_chat_contact_request: Any
) -> None:
    for _ in range(20):
        connect_client.start_chat_contact(**start_chat_contact_request())

    assert len(connect_chat.contacts) == 20
    assert len({contact.instance_id for contact in connect_chat.contacts.values()}) == 20


def test_the_fixture_uses_the_first_declared_instance(
    connect_chat: FakeConnectChat, connect_client: Any, start_chat_contact_request: Any
) -> None:
    connect_chat.add_instance("instance-1", ["flow-1", "flow-2"])
    connect_chat.add_instance("instance-2", ["flow-3"])

    request = start_chat_contact_request()
    connect_client.start_chat_contact(**request)
    elsewhere = start_chat_contact_request(InstanceId="instance-2", ContactFlowId="flow-3")
    connect_client.start_chat_contact(**elsewhere)

    assert (request["InstanceId"], request["ContactFlowId"]) == ("instance-1", "flow-1")
    assert connect_chat.contacts.last.instance_id == "instance-2"


def test_an_instance_without_flows_gives_the_instance_only(
    connect_chat: FakeConnectChat, start_chat_contact_request: Any
) -> None:
    connect_chat.add_instance("instance-1")

    request = start_chat_contact_request()

    assert request["InstanceId"] == "instance-1"
    assert UUID4.fullmatch(request["ContactFlowId"])


def test_the_fixture_follows_the_seed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import json
        import pytest

        @pytest.mark.parametrize("seed", [7, 7, 8], ids=["first", "again", "other"])
        def test_draw(seed, request, pytestconfig):
            request.node.add_marker(pytest.mark.connect_chat(seed=seed))
            make = request.getfixturevalue("start_chat_contact_request")
            with open("drawn", "a") as file:
                print(json.dumps([make() for _ in range(3)]), file=file)
        """
    )

    pytester.runpytest_inprocess("-p", "no:faker", *PLAIN).assert_outcomes(passed=3)

    first, again, other = (pytester.path / "drawn").read_text().splitlines()
    assert first == again
    assert first != other


def test_a_factory_depends_on_no_other_one(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import threading
        import pytest

        pytestmark = pytest.mark.connect_chat(seed=7)
        kept, drawn = [], []

        def test_alone(start_chat_contact_request):
            drawn.append([start_chat_contact_request() for _ in range(30)])
            kept.append(start_chat_contact_request)

        def test_in_turn_with_one_of_an_earlier_test(start_chat_contact_request):
            mixed = []
            for _ in range(30):
                kept[0]()
                mixed.append(start_chat_contact_request())
            assert mixed == drawn[0]

        def test_beside_one_that_a_thread_goes_on_using(start_chat_contact_request):
            goes_on, stop = threading.Event(), threading.Event()

            def draw():
                while not stop.is_set():
                    kept[0]()
                    goes_on.set()

            thread = threading.Thread(target=draw)
            thread.start()
            goes_on.wait()
            mixed = [start_chat_contact_request() for _ in range(30)]
            stop.set()
            thread.join()
            assert mixed == drawn[0]
        """
    )

    pytester.runpytest_inprocess("-p", "no:faker", *PLAIN).assert_outcomes(passed=3)


def test_a_factory_builds_no_whole_faker(
    monkeypatch: pytest.MonkeyPatch, connect_chat: FakeConnectChat, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(Factory, "create", None)

    assert request.getfixturevalue("start_chat_contact_request")()["ParticipantDetails"]["DisplayName"]


def test_the_fakers_of_the_user_are_left_alone(pytester: pytest.Pytester) -> None:
    source = dedent(
        """
        from faker import Factory, Faker

        other = Faker()
        other.seed_instance(17)

        def test_draw(FIXTURES):
            before = (faker.name(), other.name())
            USE
            after = (faker.name(), other.name())
            with open("drawn", "a") as file:
                print(before, after, hasattr(faker, "contact_id"), file=file)
        """
    )
    for fixtures, use in (
        ("faker", "pass"),
        ("faker, connect_chat, start_chat_contact_request", "start_chat_contact_request()"),
    ):
        pytester.makepyfile(test_it=source.replace("FIXTURES", fixtures).replace("USE", use))
        pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=1)

    without, having = (pytester.path / "drawn").read_text().splitlines()
    assert without == having
    assert without.endswith("False")


MISTYPED: dict[str, tuple[Callable[[Any, RequestFactory], object], str]] = {
    "a keyword": (
        lambda fake, factory: fake.instance_arn(regoin="eu-west-1"),
        "ConnectChatProvider.instance_arn() has no keyword 'regoin'. Did you mean 'region'? It takes region.",
    ),
    "a value without its name": (
        lambda fake, factory: factory({"CustomerId": "C-17"}),  # type: ignore[call-arg]
        "start_chat_contact_request() takes 0 positional arguments but 1 was given. It takes **overrides.",
    ),
}


@pytest.mark.parametrize("mistyped", MISTYPED)
def test_what_the_provider_and_the_factory_do_not_take_is_told_with_what_they_do(mistyped: str) -> None:
    call, message = MISTYPED[mistyped]
    with pytest.raises(TypeError) as caught:
        call(faker_with(), request_factory(FakeConnectChat(seed=1)))

    assert str(caught.value) == message
