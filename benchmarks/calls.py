"""What a call on the fake costs, against the same call answered otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import peers
from measuring import Measure, Row, Scale, in_turn, now, ratios

OWN: Final = {"fake": peers.fake, "strict fake": peers.strict_fake}
PEERS: Final = {
    "a handler at before-call.connect.*": (peers.service_handler, 1.25),
    "a handler last at before-call": (peers.root_handler, 1.25),
    "{stubber}, one response queued per call": (peers.stubber, None),
    "a handler at before-send": (peers.sent_handler, None),
}


def sync_calls(scale: Scale) -> Iterator[Row]:
    """Compare a call of a botocore client."""
    return _compared(peers.botocore_driver(), scale)


def aio_calls(scale: Scale) -> Iterator[Row]:
    """Compare a call of an aiobotocore client."""
    with asyncio.Runner() as runner:
        yield from _compared(peers.aiobotocore_driver(runner), scale)


def _compared(driver: peers.Driver, scale: Scale) -> Iterator[Row]:
    measures = [make(driver, scale.calls) for make in OWN.values()]
    measures += [make(driver, scale.calls) for make, _ in PEERS.values()]
    taken = in_turn(scale.rounds, *measures)
    for own, values in zip(OWN, taken, strict=False):
        for (peer, (_, bound)), base in zip(PEERS.items(), taken[len(OWN) :], strict=True):
            yield Row(f"{own} / {peer.format(stubber=driver.stubber.__name__)}", ratios(values, base), bound=bound)


def moto_calls(scale: Scale) -> Iterator[Row]:
    """Compare a call of a botocore client with moto's nearest."""
    driver = peers.botocore_driver()
    own = [make(driver, scale.calls) for make in OWN.values()]
    *taken, base = in_turn(scale.rounds, *own, _describe_instance(scale.calls // peers.BURST))
    for name, values in zip(OWN, taken, strict=True):
        yield Row(f"{name} / moto's describe_instance", ratios(values, base), bound=1 / 6)


def _describe_instance(calls: int) -> Measure:
    import boto3
    from moto import mock_aws

    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    client = boto3.client("connect", region_name="us-east-1", **keys)

    def describe(instance: dict[str, Any]) -> None:
        client.describe_instance(InstanceId=instance["Id"])

    def measure() -> float:
        with mock_aws():
            instance = client.create_instance(
                IdentityManagementType="SAML", InboundCallsEnabled=True, OutboundCallsEnabled=True
            )
            start = now()
            for call in range(-peers.BURST, calls):
                if call == 0:
                    start = now()
                describe(instance)
            return (now() - start) / calls

    return measure
