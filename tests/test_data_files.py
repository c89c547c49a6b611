"""botocore's own data files are parsed once while a fake is active; no session sees what another does to its copy."""

from __future__ import annotations

import copy
import json
import os
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.handlers
import pytest
from botocore.client import ClientCreator
from botocore.hooks import HierarchicalEmitter
from botocore.loaders import JSONFileLoader, Loader
from botocore.model import ServiceModel
from botocore.session import Session

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients import data_files
from pytest_connect_chat._model import copies
from pytest_connect_chat._model.copies import copies_of

pytestmark = pytest.mark.of_botocore

ORIGINALS = (
    JSONFileLoader.load_file,
    Loader.list_available_services,
    Session._register_builtin_handlers,
    ClientCreator._create_methods,
    ServiceModel.__dict__["endpoint_discovery_operation"],
)
FILES = ["endpoints", "partitions", "sdk-default-configuration", "_retry", "connect/2017-08-08/service-2"]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are parsed in this test, by botocore's own means."""
    files: list[str] = []
    load = JSONFileLoader._load_file

    def load_file(self: JSONFileLoader, full_path: str, *arguments: Any) -> Any:
        found = load(self, full_path, *arguments)
        if found is not None:
            files.append(Path(full_path).name)
        return found

    monkeypatch.setattr(JSONFileLoader, "_load_file", load_file)
    return files


def load(name: str) -> Any:
    return JSONFileLoader().load_file(f"{Loader.BUILTIN_DATA_PATH}{os.sep}{name}")


def new_client(session: Any = None) -> Any:
    settings = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    return (session or boto3.Session()).client("connect", **settings)


# -- copies ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_a_copy_is_what_is_in_the_file(name: str) -> None:
    original = load(name)
    make = copies_of(original)

    assert make() == original
    assert original == make()
    assert (make() != original, original != make(), make() == make()) == (False, False, True)
    assert list(make()) == list(original)
    assert json.dumps(make()) == json.dumps(original)
    assert repr(make()) == repr(original)
    for whole in (dict(make()), {**make()}, copy.copy(make()), copy.deepcopy(make()), make().copy(), make() | {}):
        assert whole == original
    assert type(pickle.loads(pickle.dumps(make()))) is OrderedDict  # noqa: S301  # of this test
    assert isinstance(make(), OrderedDict)


def test_the_parts_of_a_copy_are_made_when_somebody_looks() -> None:
    value = OrderedDict((f"key {number}", OrderedDict(inner=[number])) for number in range(100))
    made = copies_of(value)()

    assert "key 7" in made
    assert len(made) == 100
    assert made["key 7"] is made["key 7"] is made.get("key 7")
    assert made.get("nothing") is None
    assert made.get("nothing", 7) == 7
    with pytest.raises(KeyError):
        made["nothing"]
    made["key 8"] = "mine"
    assert (made["key 8"], made.pop("key 9"), made.setdefault("key 10", "no")) == (
        "mine",
        {"inner": [9]},
        {"inner": [10]},
    )
    assert made.popitem() == ("key 99", {"inner": [99]})
    assert [one["inner"] for one in copies_of(value)().values()] == [[number] for number in range(100)]
    assert dict(copies_of(value)().items()) == value
    assert repr(copies_of(value)()).count("inner") == 100


def test_copies_share_nothing() -> None:
    make = copies_of(load("endpoints"))
    one, other = make(), make()
    one["partitions"][0]["services"]["connect"]["endpoints"]["mine"] = {}
    one["partitions"].append("mine")

    assert "mine" not in other["partitions"][0]["services"]["connect"]["endpoints"]
    assert make() == other == load("endpoints")


@pytest.mark.parametrize("value", [7, "text", None, [], {}, [1, [2]], OrderedDict(a=[])])
def test_small_values_are_copied_whole(value: Any) -> None:
    assert copies_of(value)() == value


def test_threads_see_the_same_part() -> None:
    for _ in range(20):
        made = copies_of(OrderedDict((str(number), [number]) for number in range(100)))()
        seen: list[Any] = []
        barrier = threading.Barrier(8)

        def look(made: Any = made, seen: list[Any] = seen, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            seen.append(made["7"])

        threads = [threading.Thread(target=look) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(one is seen[0] for one in seen)


# -- while a fake is active --------------------------------------------------------------------------------------------


def test_files_are_parsed_once(
    connect_chat: FakeConnectChat, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "_copies", {})
    for _ in range(3):
        client = new_client()
        connect_chat.client()

    kinds = [file.partition(".")[0] for file in parsed]
    assert {"service-2", "endpoints", "endpoint-rule-set-1", "partitions"} <= set(kinds)
    assert sorted(kinds) == sorted(set(kinds))
    client.start_chat_contact(InstanceId="i", ContactFlowId="f", ParticipantDetails={"DisplayName": "Ada"})
    assert client.exceptions.LimitExceededException.__name__ == "LimitExceededException"
    assert client.get_paginator("list_users")


def test_a_model_that_a_test_changes_is_its_own(connect_chat: FakeConnectChat) -> None:
    for _ in range(2):
        new_client()
    session = Session()
    model = session.get_service_model("connect")
    model._service_description["operations"]["StartChatContact"]["name"] = "Mine"
    model._service_description["shapes"].clear()
    session.get_component("endpoint_resolver")._endpoint_data["partitions"].clear()

    client = new_client()
    client.start_chat_contact(InstanceId="i", ContactFlowId="f", ParticipantDetails={"DisplayName": "Ada"})
    assert client.meta.service_model.operation_model("StartChatContact").name == "StartChatContact"
    assert Session().get_available_regions("connect") == Session().get_available_regions("connect") != []


def test_a_handler_that_a_test_registers_is_its_own(connect_chat: FakeConnectChat) -> None:
    heard: list[str] = []
    first, second = Session(), Session()
    first.register("before-call.connect", lambda **kwargs: heard.append("first"))
    settings = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    request = {"InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": {"DisplayName": "Ada"}}

    second.create_client("connect", **settings).start_chat_contact(**request)
    assert heard == []
    first.create_client("connect", **settings).start_chat_contact(**request)
    assert heard == ["first"]


def test_a_handler_that_a_test_takes_away_is_gone_in_its_own_client_only(connect_chat: FakeConnectChat) -> None:
    def names(events: Any) -> list[str]:
        return [handler.__name__ for handler in events._emitter._handlers.prefix_search("before-call.connect.X")]

    def mine(**kwargs: Any) -> None:
        pass

    session = Session()
    settings = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    first, second = (session.create_client("connect", **settings) for _ in range(2))
    before = names(second.meta.events)
    assert "inject_api_version_header_if_needed" in before
    first.meta.events.unregister("before-call", botocore.handlers.inject_api_version_header_if_needed)
    first.meta.events.register_first("before-call.connect", mine)
    first.meta.events.register_last("before-call.connect.X", mine)

    without = [name for name in before if name != "inject_api_version_header_if_needed"]
    assert names(first.meta.events) == ["mine", "mine", *without]
    assert names(second.meta.events) == before
    assert names(session.create_client("connect", **settings).meta.events) == before
    assert names(Session().create_client("connect", **settings).meta.events) == before


def test_threads_that_register_lose_no_handler(connect_chat: FakeConnectChat) -> None:
    events = new_client().meta.events
    barrier = threading.Barrier(8)
    heard: list[int] = []

    def register(number: int) -> None:
        barrier.wait()
        for count in range(50):
            events.register("mine.inner", lambda **kwargs: heard.append(number), unique_id=f"{number} {count}")

    threads = [threading.Thread(target=register, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events.emit("mine.inner")
    assert len(heard) == 400


def test_neither_service_has_an_operation_that_discovers_endpoints() -> None:
    for service in ("connect", "connectparticipant"):
        assert Session().get_service_model(service).endpoint_discovery_operation is None


def test_an_operation_that_a_test_has_made_discover_endpoints_is_found(connect_chat: FakeConnectChat) -> None:
    model, other = (Session().get_service_model("connect") for _ in range(2))
    model._service_description["operations"]["StopContact"]["endpointoperation"] = True
    made = Session().get_service_model("sqs")

    assert model.endpoint_discovery_operation.name == "StopContact"
    assert other.endpoint_discovery_operation is None
    assert made.endpoint_discovery_operation is None


def test_what_a_test_does_to_the_fixtures_client_the_next_does_not_see(
    connect_chat: FakeConnectChat, connect_client: Any
) -> None:
    request = {"InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": {"DisplayName": "Ada"}}
    model = connect_client.meta.service_model
    model._service_description["shapes"].clear()
    model._service_description["operations"]["StartChatContact"]["name"] = "Mine"
    connect_client.meta.events.register("before-call", lambda **kwargs: pytest.fail("of the other client"))
    connect_client.meta.config.retries["mode"] = "mine"
    type(connect_client).start_chat_contact = None

    other = connect_chat.client()
    other.start_chat_contact(**request)
    assert other.meta.service_model.operation_model("StartChatContact").name == "StartChatContact"
    assert other.meta.config.retries["mode"] != "mine"


def test_methods_of_a_client_are_its_classs_own(connect_chat: FakeConnectChat) -> None:
    first, second = new_client(), new_client()
    one, other = (type(client).start_chat_contact for client in (first, second))
    one.mine = True
    type(first).start_chat_contact = "mine"

    assert not hasattr(other, "mine")
    assert second.start_chat_contact(InstanceId="i", ContactFlowId="f", ParticipantDetails={"DisplayName": "Ada"})
    assert other.__name__ == "start_chat_contact"
    assert str(other.__doc__).startswith("\n\nInitiates a flow to start a new chat for the customer")
    with pytest.raises(TypeError, match="only accepts keyword arguments"):
        second.stop_contact("positional")


def test_a_model_with_other_operations_has_its_own_methods(connect_chat: FakeConnectChat) -> None:
    new_client()
    session = Session()
    loader = session.get_component("data_loader")
    operations = loader.load_service_model("connect", "service-2")["operations"]
    operations["MyOperation"] = {**operations["StopContact"], "name": "MyOperation"}
    settings = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}

    assert session.create_client("connect", **settings).my_operation
    assert not hasattr(new_client(), "my_operation")


def test_handlers_that_somebody_adds_to_botocores_own_are_there(
    connect_chat: FakeConnectChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    Session()
    heard: list[str] = []
    added = ("my-event", lambda **kwargs: heard.append("added"))
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", [*botocore.handlers.BUILTIN_HANDLERS, added])

    for _ in range(2):
        Session().emit("my-event")
    assert heard == ["added", "added"]


def test_an_emitter_of_the_test_keeps_its_handlers(connect_chat: FakeConnectChat) -> None:
    Session()
    heard: list[str] = []
    emitter = HierarchicalEmitter()
    emitter.register("mine", lambda **kwargs: heard.append("mine"))

    session = Session(event_hooks=emitter)
    session.emit("mine")
    assert heard == ["mine"]
    assert session.emit("creating-client-class.s3", class_attributes={}, base_classes=[])


def test_data_paths_of_the_test_are_read_anew(
    connect_chat: FakeConnectChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "mine" not in Session().get_available_services()
    for number in (1, 2):
        folder = tmp_path / str(number) / "mine" / "2026-01-01"
        folder.mkdir(parents=True)
        (folder / "service-2.json").write_text(json.dumps({"metadata": {"number": number}}))
        monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path / str(number)))
        session = Session()
        assert {"mine", "connect", "s3"} <= set(session.get_available_services())
        assert session.get_component("data_loader").load_service_model("mine", "service-2")["metadata"] == {
            "number": number
        }
    monkeypatch.delenv("AWS_DATA_PATH")
    assert "mine" not in Session().get_available_services()


def test_loaders_of_the_test_are_left_alone(connect_chat: FakeConnectChat) -> None:
    class OwnFiles(JSONFileLoader):
        def load_file(self, file_path: str) -> Any:
            return "mine" if file_path.endswith("endpoints") else super().load_file(file_path)

    class OwnLoader(Loader):
        pass

    assert Loader(file_loader=OwnFiles()).load_data("endpoints") == "mine"
    assert (
        Loader(file_loader=OwnFiles()).load_service_model("connect", "service-2")["metadata"]["serviceId"] == "Connect"
    )
    assert OwnLoader().list_available_services("service-2") == Loader().list_available_services("service-2")
    without = Loader(include_default_search_paths=False, extra_search_paths=[])
    assert without.list_available_services("service-2") == []


def test_other_services_are_parsed_by_each_session(connect_chat: FakeConnectChat, parsed: list[str]) -> None:
    for _ in range(3):
        Session().get_service_model("sqs")

    assert len([file for file in parsed if file.startswith("service-2")]) == 3


def test_a_file_that_is_not_there_is_not_there(connect_chat: FakeConnectChat) -> None:
    for _ in range(3):
        assert load("connect/2017-08-08/nothing") is None


# -- afterwards --------------------------------------------------------------------------------------------------------


def originals() -> tuple[Callable[..., Any], ...]:
    return (
        JSONFileLoader.load_file,
        Loader.list_available_services,
        Session._register_builtin_handlers,
        ClientCreator._create_methods,
        ServiceModel.__dict__["endpoint_discovery_operation"],
    )


def test_botocore_is_as_before() -> None:
    with FakeConnectChat() as outer:
        assert originals() != ORIGINALS
        with FakeConnectChat():
            outer.stop()
            assert originals() != ORIGINALS
    assert originals() == ORIGINALS


def test_a_setting_switches_it_off(parsed: list[str]) -> None:
    with FakeConnectChat(parse_once=False):
        assert originals() == ORIGINALS
        for _ in range(3):
            new_client()

    assert len([file for file in parsed if file.startswith("endpoints")]) == 3


def test_somebody_elses_patch_stays_and_ours_is_idle_below_it(parsed: list[str]) -> None:
    calls: list[str] = []
    with FakeConnectChat(), pytest.MonkeyPatch.context() as patch:
        ours = JSONFileLoader.load_file

        def theirs(self: JSONFileLoader, file_path: str) -> Any:
            calls.append(file_path)
            return ours(self, file_path)

        patch.setattr(JSONFileLoader, "load_file", theirs)
    outlived = FakeConnectChat()
    outlived.start()
    patch.setattr(JSONFileLoader, "load_file", theirs)
    outlived.stop()
    assert JSONFileLoader.load_file is theirs
    for _ in range(3):
        load("endpoints")
    patch.undo()

    assert len([file for file in parsed if file.startswith("endpoints")]) == 3
    with FakeConnectChat():
        pass
    JSONFileLoader.load_file = ORIGINALS[0]  # type: ignore[method-assign]  # what the undo has put back, idle
    assert originals() == ORIGINALS


def test_a_forked_child_waits_for_no_thread_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.RLock()
    monkeypatch.setattr(data_files, "_lock", held)
    monkeypatch.setattr(copies, "_lock", held)
    thread = threading.Thread(target=held.acquire)
    thread.start()
    thread.join()  # and never releases it

    data_files._enter_child()  # what a forked process calls first
    copies._enter_child()
    with FakeConnectChat():
        assert load("endpoints")


def test_what_is_kept_is_copied_and_not_what_a_session_has() -> None:
    with FakeConnectChat():
        for _ in range(2):
            load("endpoints")
        held = load("endpoints")
        held["partitions"].clear()
        assert load("endpoints")["partitions"]
    assert data_files.DATA_FILES.are_parsed_once is False
