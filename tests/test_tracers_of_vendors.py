"""Beside the tracers of vendors, each in a process of its own: none can be taken off. `nox -s tracers` has them."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.once

SUITE = """
import asyncio
import botocore.session
import pytest

{imports}

D = dict(InstanceId="i", ContactFlowId="f", ParticipantDetails={{"DisplayName": "Ada"}})
client = botocore.session.get_session().create_client(
    "connect", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
)
{setup}

def test_calls_are_answered_and_traced(connect_chat):
    {inside}
    with traced() as spans:
        client.start_chat_contact(**D)
        connect_chat.faults.throttle()
        with pytest.raises(client.exceptions.TooManyRequestsException):
            client.start_chat_contact(**D)
    assert len(connect_chat.requests) == len(spans) == 2

def test_the_next_test_too(connect_chat):
    with traced() as spans:
        client.start_chat_contact(**D)
    assert (len(connect_chat.contacts), len(spans)) == (1, 1)

def test_async_calls_are_answered(connect_chat):
    pytest.importorskip("aiobotocore")
    asyncio.run(connect_chat.aio_client().start_chat_contact(**D))
    assert len(connect_chat.contacts) == 1
"""

DDTRACE = """
from contextlib import contextmanager
from ddtrace import tracer
from ddtrace._trace.processor import TraceProcessor

spans = []

class Keep(TraceProcessor):
    def process_trace(self, trace):
        spans.extend(trace)

tracer.configure(trace_processors=[Keep()])

@contextmanager
def traced():
    spans.clear()
    yield spans

def patch():
    import ddtrace
    ddtrace.patch(botocore=True, aiobotocore=True)
"""

ELASTIC = """
from contextlib import contextmanager
import elasticapm
from elasticapm.instrumentation.packages.botocore import BotocoreInstrumentation
from elasticapm.traces import Transaction, execution_context

apm = elasticapm.Client(
    service_name="test", disable_send=True, metrics_interval="0ms", central_config=False, cloud_provider="none",
    verify_server_cert=False, span_compression_enabled=False, exit_span_min_duration="0ms",
)

@contextmanager
def traced():
    spans, queue = [], apm.tracer.queue_func
    apm.tracer.queue_func = lambda event, data, **_: spans.append(data) if event == "span" else None
    apm.begin_transaction("test")
    yield spans
    apm.end_transaction("test")
    apm.tracer.queue_func = queue

def patch():
    BotocoreInstrumentation().instrument()
"""

POWERTOOLS = """
from contextlib import contextmanager
from types import SimpleNamespace
from aws_xray_sdk.core import xray_recorder

xray_recorder.configure(sampling=False)
getattr(xray_recorder.emitter, "_socket").close()
sent = []
xray_recorder.emitter = SimpleNamespace(send_entity=sent.append)  # Powertools has each span sent at once

@contextmanager
def traced():
    sent.clear()
    xray_recorder.begin_segment("test")
    yield sent
    xray_recorder.clear_trace_entities()

def patch():
    import os
    from aws_lambda_powertools import Tracer
    os.environ["LAMBDA_TASK_ROOT"] = "/var/task"  # elsewhere it is switched off
    Tracer(service="test", disabled=False, patch_modules=["botocore"])
"""

TRACERS = {"ddtrace": DDTRACE, "elasticapm": ELASTIC, "aws_lambda_powertools": POWERTOOLS}


@pytest.mark.parametrize("when", ["before", "inside"])
@pytest.mark.parametrize("tracer", TRACERS)
def test_calls_are_answered_and_traced(
    tracer: str, when: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(tracer)
    for name in ("DD_INSTRUMENTATION_TELEMETRY_ENABLED", "DD_REMOTE_CONFIGURATION_ENABLED"):
        monkeypatch.setenv(name, "false")
    setup, inside = ("patch()", "pass") if when == "before" else ("", "patch()")
    pytester.makepyfile(SUITE.format(imports=TRACERS[tracer], setup=setup, inside=inside))

    result = pytester.runpytest_subprocess("-p", "no:ddtrace", "-p", "no:asyncio", "-p", "no:randomly")

    outcomes = result.parseoutcomes()
    assert outcomes.pop("passed") + outcomes.pop("skipped", 0) == 3
    assert not {"failed", "errors"} & outcomes.keys()


def test_the_page_names_those_that_are_tested() -> None:
    page = (Path(__file__).parents[1] / "docs" / "other-tools.md").read_text("utf-8")
    for name in ("X-Ray", "Powertools", "OpenTelemetry", "ddtrace", "Elastic APM"):
        assert name in page
