"""Call one fake from many threads and tasks at once, and check what has to hold however they race.

    python benchmarks/stress.py --threads 64 --tasks 1000

Prints a line for each scenario and each crowd of callers: who called, how many client calls they made, how long that
took, and `held`, or the invariant that was broken; the exit status is then 1. A real network is never needed: whatever
tries to reach one breaks an invariant.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import socket
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from stressing import failures, fakes, limits
from stressing.callers import PATIENCE, Crowd, crowds_of_tasks, crowds_of_threads
from stressing.invariants import BrokenError

SCENARIOS: list[Callable[[Crowd, int], None]] = [
    limits.starts,
    limits.churn,
    limits.one_token,
    failures.faults,
    limits.rate,
    failures.canned,
    failures.chaos,
    failures.hard_chaos,
    limits.persistent,
    fakes.looked_at,
    fakes.reset,
    fakes.first_calls,
]


def refuse_network() -> None:
    """Make whatever reaches for a network fail."""

    def refused(*_: object, **__: object) -> Any:
        raise BrokenError("no socket is opened")

    socket.socket.connect = refused  # type: ignore[method-assign]
    socket.getaddrinfo = refused


def report(name: str, who: str, calls: int, seconds: float, verdict: str) -> bool:
    """Print one line; return whether the invariants held."""
    speed = f"{calls / seconds:>7.0f}/s" if seconds else f"{'':>9}"
    print(f"{name:<16} {who:<32} {calls:>8} calls {seconds:>8.2f} s {speed}  {verdict}", flush=True)
    return verdict == "held"


def verdict_of(run: Callable[[], object]) -> str:
    """Return `held`, or what is broken."""
    faulthandler.dump_traceback_later(PATIENCE, exit=True, file=sys.__stderr__ or sys.stderr)
    try:
        run()
    except BrokenError as broken:
        return f"BROKEN: {broken}"
    except Exception as error:  # noqa: BLE001  # whatever a call raises that a client of AWS would not
        return f"BROKEN: {type(error).__name__}: {error}".splitlines()[0]
    finally:
        faulthandler.cancel_dump_traceback_later()
    return "held"


def run_scenario(scenario: Callable[[Crowd, int], None], crowd: Crowd, rounds: int, seed: int) -> bool:
    """Run a scenario `rounds` times, with one seed, and print its line."""
    made, crowd.seconds = 0, 0
    verdict = "held"
    for _ in range(rounds):
        crowd.called.clear()
        verdict = verdict_of(lambda: scenario(crowd, seed))
        made += len(crowd.called)
        if verdict != "held":
            break
    return report(scenario.__name__, crowd.name, made, crowd.seconds, verdict)


def run_life(name: str, who: str, run: Callable[[int], int], seed: int) -> bool:
    """Run a scenario of fakes that come and go, and print its line."""
    made: list[int] = []
    start_time = time.perf_counter()
    verdict = verdict_of(lambda: made.append(run(seed)))
    return report(name, who, sum(made), time.perf_counter() - start_time, verdict)


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """Return what the command line asks for."""
    names = [*(scenario.__name__ for scenario in SCENARIOS), "taken_and_left", "blocked_outside"]
    parser = argparse.ArgumentParser(description="Stress one fake from threads and tasks, and check what has to hold.")
    parser.add_argument("--threads", type=int, default=64, help="how many threads (default: %(default)s)")
    parser.add_argument("--tasks", type=int, default=1000, help="how many gathered tasks (default: %(default)s)")
    parser.add_argument("--calls", type=int, default=16, help="how many jobs each thread does (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="how often each scenario runs (default: %(default)s)")
    parser.add_argument("--lives", type=int, default=200, help="how many fakes come and go (default: %(default)s)")
    parser.add_argument("--switch-interval", type=float, default=1e-5, help="of threads, in seconds (default: 1e-5)")
    parser.add_argument("--seed", type=int, default=17, help="the seed of every fake (default: %(default)s)")
    parser.add_argument("--only", choices=names, action="append", metavar="NAME", help=f"one of {', '.join(names)}")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run the scenarios; return the exit status."""
    options = parsed(arguments)
    aio = find_spec("aiobotocore") is not None
    crowds = crowds_of_threads(options.threads, options.calls)
    if aio:
        crowds += crowds_of_tasks(options.threads, options.tasks)
    else:
        print("aiobotocore is not installed: the crowds of tasks are skipped")
    held = True
    before = sys.getswitchinterval()
    for crowd in crowds:
        crowd.clients = crowd.new_clients()
        for scenario in SCENARIOS:
            if not options.only or scenario.__name__ in options.only:
                sys.setswitchinterval(options.switch_interval)
                held &= run_scenario(scenario, crowd, options.rounds, options.seed)
                sys.setswitchinterval(before)
    for name, who, run in fakes.lives(options.lives, aio=aio):
        if not options.only or name in options.only:
            sys.setswitchinterval(options.switch_interval)
            held &= run_life(name, who, run, options.seed)
            sys.setswitchinterval(before)
    return 0 if held else 1


if __name__ == "__main__":
    os.environ.setdefault("AWS_RETRY_MODE", "standard")
    refuse_network()
    sys.exit(main())
