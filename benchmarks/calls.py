"""What a call on the fake costs, against the same call answered otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

import peers
from measuring import Row, Scale, in_turn, ratios

OWN: Final = {"fake": peers.fake, "strict fake": peers.strict_fake}
PEERS: Final = {
    "a handler at before-call.connect.*": peers.service_handler,
    "a handler last at before-call": peers.root_handler,
    "{stubber}, one response queued per call": peers.stubber,
    "a handler at before-send": peers.sent_handler,
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
    measures += [make(driver, scale.calls) for make in PEERS.values()]
    taken = in_turn(scale.rounds, *measures)
    for own, values in zip(OWN, taken, strict=False):
        for peer, base in zip(PEERS, taken[len(OWN) :], strict=True):
            yield Row(f"{own} / {peer.format(stubber=driver.stubber.__name__)}", ratios(values, base))


def moto_calls(scale: Scale) -> Iterator[Row]:
    """Compare a call of a botocore client with moto's nearest."""
    driver = peers.botocore_driver()
    own = [make(driver, scale.calls) for make in OWN.values()]
    *taken, base = in_turn(scale.rounds, *own, peers.describe_instance(driver, scale.calls // peers.BURST))
    for name, values in zip(OWN, taken, strict=True):
        yield Row(f"{name} / moto's describe_instance", ratios(values, base))
