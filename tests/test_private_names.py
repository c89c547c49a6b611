"""The private names of botocore, boto3, aiobotocore, pytest and pytest-html that the package uses, each by itself.

Nobody promised them: a new release may change any. What fails here says which one went, and what uses it.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient, ClientCreator
from botocore.config import Config
from botocore.endpoint import Endpoint
from botocore.hooks import HierarchicalEmitter, _PrefixTrie
from botocore.retries.standard import DEFAULT_MAX_ATTEMPTS, RetryContext
from botocore.retryhandler import create_retry_handler
from botocore.session import Session
from botocore.translate import build_retry_config
from botocore.validate import ParamValidationDecorator

import pytest_connect_chat

pytestmark = pytest.mark.of_botocore

PACKAGE = Path(pytest_connect_chat.__file__).parent


@cache
def session() -> Session:
    return Session()  # it keeps the models that it has read


def new_client(**config: Any) -> Any:
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return session().create_client("connect", region_name="us-east-1", config=Config(**config), **keys)


def parameters_of(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def standard_handler(package: str) -> Any:
    return importlib.import_module(f"{package}.retries.standard").register_retry_handler(new_client())


def legacy_handler() -> Any:
    data = session().get_data("_retry")
    config = build_retry_config("connect", data["retry"], data["definitions"], {})
    return create_retry_handler(config, operation_name="connect")


def needs_retry_handlers(client: Any) -> list[Any]:
    return list(client.meta.events._emitter._handlers.prefix_search("needs-retry.connect"))


# -- one test for each name --------------------------------------------------------------------------------------------


def endpoint_send() -> bool:
    return parameters_of(Endpoint.__dict__["_send"]) == ["self", "request"]


def client_endpoint() -> bool:
    return isinstance(new_client()._endpoint, Endpoint)


def endpoint_prefix() -> bool:
    return bool(new_client()._endpoint._endpoint_prefix == "connect")


def client_serializer() -> bool:
    checks = [
        isinstance(new_client(parameter_validation=on)._serializer, ParamValidationDecorator) for on in (True, False)
    ]
    return checks == [True, False]


def make_api_call() -> bool:
    return parameters_of(BaseClient.__dict__["_make_api_call"]) == ["self", "operation_name", "api_params"]


def emitter() -> bool:
    return isinstance(new_client().meta.events._emitter, HierarchicalEmitter)


def handlers_by_prefix() -> bool:
    hierarchy = HierarchicalEmitter()
    hierarchy.register("needs-retry", handler := lambda **kwargs: None)
    return list(hierarchy._handlers.prefix_search("needs-retry.connect.StartChatContact")) == [handler]


def emitter_root() -> bool:
    hierarchy = HierarchicalEmitter()
    before = bool(hierarchy._handlers._root["children"])
    hierarchy.register("before-call", lambda **kwargs: None)
    return not before and bool(hierarchy._handlers._root["children"])


def emitter_nodes() -> bool:
    trie = _PrefixTrie()
    trie.append_item("before-call.connect", emitter_nodes)
    node = trie._root["children"]["before-call"]
    inner = node["children"]["connect"]
    return (node, inner) == (
        {"chunk": "before-call", "values": None, "children": {"connect": inner}},
        {"chunk": "connect", "values": ([], [emitter_nodes], []), "children": {}},
    )


def service_description() -> bool:
    return "operations" in session().get_service_model("connect")._service_description


def create_methods() -> bool:
    return parameters_of(ClientCreator._create_methods) == ["self", "service_model"]


def creator_emitter() -> bool:
    return "self._event_emitter" in inspect.getsource(ClientCreator._create_api_method)


def builtin_handlers() -> bool:
    return parameters_of(Session._register_builtin_handlers) == ["self", "events"]


def retry_random(package: str = "botocore") -> bool:
    back_off = standard_handler(package)._retry_policy._retry_backoff
    back_off._random = lambda: 0.0
    return bool(back_off.delay_amount(RetryContext(attempt_number=3)) == 0.0)


def retry_quota(package: str = "botocore") -> bool:
    quota = standard_handler(package)._retry_quota._quota
    return bool(quota.available_capacity == quota.INITIAL_CAPACITY > DEFAULT_MAX_ATTEMPTS)


def retry_unique_id() -> bool:
    client = new_client(retries={"mode": "standard"})
    before = needs_retry_handlers(client)
    client.meta.events.unregister("needs-retry.connect", unique_id="retry-config-connect")
    return len(needs_retry_handlers(client)) == len(before) - 1


def rate_limiter() -> bool:
    limiters = [type(getattr(handler, "__self__", None)).__name__ for handler in needs_retry_handlers(adaptive())]
    return [name for name in limiters if name.endswith("ClientRateLimiter")] == ["ClientRateLimiter"]


def adaptive() -> Any:
    return new_client(retries={"mode": "adaptive"})


def legacy_action() -> bool:
    handler = legacy_handler()
    handler._action = lambda attempts: 17.0
    answered = (AWSResponse("https://connect", 500, {}, None), {"ResponseMetadata": {}})
    context = {"request_dict": {"context": {}}}
    return bool(handler(attempts=1, response=answered, caught_exception=None, **context) == 17.0)


def retry_data() -> bool:
    return isinstance(session().get_data("_retry")["retry"]["__default__"]["max_attempts"], int)


def response_content() -> bool:
    response = object.__new__(AWSResponse)
    response._content, response.raw = b"served", None
    return bool(response.content == b"served")


def attempt_in_context() -> bool:
    seen: list[Any] = []

    def answer(request: Any, **kwargs: Any) -> AWSResponse:
        response = AWSResponse(request.url, 200, {}, None)
        response._content = b"{}"
        return response

    client = new_client()
    client.meta.events.register("before-send", answer)
    client.meta.events.register(
        "needs-retry", lambda request_dict, **kwargs: seen.append(request_dict["context"]["retries"]["attempt"])
    )
    client.stop_contact(InstanceId="i", ContactId="c")
    return seen == [1]


def default_session() -> bool:
    default = boto3.Session(region_name="us-east-1")
    default._session._credentials = found = object()
    return default.get_credentials() is found


def create_client() -> bool:
    from aiobotocore.session import AioSession

    return inspect.iscoroutinefunction(AioSession._create_client)


def aio_make_api_call() -> bool:
    from aiobotocore.client import AioBaseClient

    method = AioBaseClient.__dict__["_make_api_call"]
    return inspect.iscoroutinefunction(method) and parameters_of(method) == parameters_of(BaseClient._make_api_call)


def aio_send() -> bool:
    from aiobotocore.endpoint import AioEndpoint

    method = AioEndpoint.__dict__["_send"]
    return inspect.iscoroutinefunction(method) and parameters_of(method) == parameters_of(Endpoint._send)


def unknown_ini_keys(request: pytest.FixtureRequest) -> bool:
    return not request.config._get_unknown_ini_keys()


def fixture_info(request: pytest.FixtureRequest) -> bool:
    info = request.node._fixtureinfo
    return "check" in info.argnames and "request" in info.names_closure and isinstance(info.name2fixturedefs, dict)


def traceback_filter(request: pytest.FixtureRequest) -> bool:
    asked: list[object] = []
    item, own, error = request.node, request.node._traceback_filter, RuntimeError("shown")
    item._traceback_filter = lambda info: (asked.append(info.value), own(info))[1]
    with pytest.raises(RuntimeError) as caught:
        raise error
    item.repr_failure(caught)
    del item._traceback_filter
    return asked == [error]


def fixture_names(request: pytest.FixtureRequest) -> bool:
    return "request" in request.node.fixturenames


def known_args(request: pytest.FixtureRequest) -> bool:
    return bool(vars(request.config.known_args_namespace))


def html_option(request: pytest.FixtureRequest) -> bool:
    return hasattr(request.config.option, "htmlpath")


def html_extras() -> bool:
    extras = importlib.import_module("pytest_html.extras")
    return set(extras.html("x")) == {"name", "format_type", "content", "mime_type", "extension"}


# What is used, where, and whether it is still so.
ROWS: list[tuple[str, str, Callable[..., bool]]] = [
    ("botocore.client.BaseClient._make_api_call", "_clients/interception.py", make_api_call),
    ("botocore.endpoint.Endpoint._send", "_clients/interception.py", endpoint_send),
    ("botocore.endpoint.Endpoint._endpoint_prefix", "_clients/interception.py", endpoint_prefix),
    ("botocore client._endpoint", "_clients/blocking.py", client_endpoint),
    ("botocore client._serializer", "_clients/stubber.py", client_serializer),
    ("botocore.hooks.EventAliaser._emitter", "_clients/retries.py", emitter),
    ("botocore.hooks.HierarchicalEmitter._handlers", "_clients/retries.py", handlers_by_prefix),
    ("botocore.hooks.HierarchicalEmitter._handlers._root", "_clients/data_files.py", emitter_root),
    ("botocore.hooks._PrefixTrie", "_clients/data_files.py", emitter_nodes),
    ("botocore.model.ServiceModel._service_description", "_clients/data_files.py", service_description),
    ("botocore.session.Session._register_builtin_handlers", "_clients/data_files.py", builtin_handlers),
    ("botocore.client.ClientCreator._create_methods", "_clients/data_files.py", create_methods),
    ("botocore.client.ClientCreator._event_emitter", "_clients/data_files.py", creator_emitter),
    ("botocore.retries.standard._retry_policy._retry_backoff._random", "_clients/retries.py", retry_random),
    ("botocore.retries.standard._retry_quota._quota", "_clients/retries.py", retry_quota),
    ("botocore's id of a retry handler, retry-config-...", "_clients/retries.py", retry_unique_id),
    ("botocore.retries.adaptive.ClientRateLimiter", "_clients/retries.py", rate_limiter),
    ("botocore.retryhandler.RetryHandler._action", "_clients/retries.py", legacy_action),
    ("botocore's data file _retry", "_clients/retries.py", retry_data),
    ("botocore.awsrequest.AWSResponse._content", "_clients/answers.py", response_content),
    ("botocore's request context: retries, attempt", "_clients/exchange.py", attempt_in_context),
    ("boto3.Session._session._credentials", "_clients/environment.py", default_session),
    ("aiobotocore.session.AioSession._create_client", "_clients/aio_client.py", create_client),
    ("aiobotocore.client.AioBaseClient._make_api_call", "_clients/interception.py", aio_make_api_call),
    ("aiobotocore.endpoint.AioEndpoint._send", "_clients/interception.py", aio_send),
    (
        "aiobotocore.retries.standard._retry_policy._retry_backoff._random",
        "_clients/retries.py",
        lambda: retry_random("aiobotocore"),
    ),
    ("aiobotocore.retries.standard._retry_quota._quota", "_clients/retries.py", lambda: retry_quota("aiobotocore")),
    ("pytest.Config._get_unknown_ini_keys", "_configuration.py", unknown_ini_keys),
    ("pytest.Config.known_args_namespace", "_configuration.py", known_args),
    ("pytest.Item._fixtureinfo", "_configuration.py", fixture_info),
    ("pytest.Node._traceback_filter", "_tracebacks.py", traceback_filter),
    ("pytest.Item.fixturenames", "_configuration.py", fixture_names),
    ("pytest-html's option htmlpath", "plugin.py", html_option),
    ("pytest-html's keys of an extra", "plugin.py", html_extras),
]


@pytest.mark.parametrize(("name", "used_in", "check"), ROWS, ids=[name for name, _, _ in ROWS])
def test_a_private_name_is_as_it_is_used(
    name: str, used_in: str, check: Callable[..., bool], request: pytest.FixtureRequest
) -> None:
    if name.startswith("aiobotocore"):
        pytest.importorskip("aiobotocore")

    arguments = (request,) if "request" in parameters_of(check) else ()
    assert check(*arguments), f"{name} is no longer as pytest_connect_chat/{used_in} uses it"


# -- the table is complete ---------------------------------------------------------------------------------------------


def names_used(tree: ast.AST) -> Iterator[str]:
    """Yield the private names that a module reads or writes on other objects than its own `self` or `cls`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and ast.unparse(node.value) not in OWN:
            yield node.attr
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"getattr", "setattr", "hasattr"}:
            yield from (
                part.value for part in node.args[1:2] if isinstance(part, ast.Constant) and is_private(part.value)
            )


def names_made(tree: ast.AST) -> Iterator[str]:
    """Yield the private names that a module gives to its own objects."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) in OWN:
            yield node.attr
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def is_private(name: object) -> bool:
    return isinstance(name, str) and name.startswith("_") and not name.startswith("__")


OWN = {"self", "cls", "super()"}
NAMEDTUPLE = {"_asdict", "_field_defaults", "_fields", "_make", "_replace"}  # documented


def test_every_private_name_of_others_is_in_the_table() -> None:
    trees = [ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")]
    made = {name for tree in trees for name in names_made(tree)}
    used = {name for tree in trees for name in names_used(tree)} - made - NAMEDTUPLE
    listed = {part for name, _, _ in ROWS for part in name.replace(" ", ".").split(".") if is_private(part)}

    assert used - listed == set()
    assert "_get_unknown_ini_keys" in used


@pytest.mark.parametrize(("name", "used_in"), [row[:2] for row in ROWS], ids=[name for name, _, _ in ROWS])
def test_what_is_in_the_table_is_still_used(name: str, used_in: str) -> None:
    last = name.replace("...", "").replace(",", "").replace(" ", ".").rstrip(".").rpartition(".")[2]

    assert last in (PACKAGE / used_in).read_text("utf-8"), f"{used_in} uses {name} no longer: its row can go"
