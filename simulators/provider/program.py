"""Runs one simulator as a program: `python -m simulators.xosum --port N`."""

import argparse
import asyncio
import json
import signal
from collections.abc import Callable, Sequence
from typing import TypeVar

from simulators.provider.jobs import Job
from simulators.provider.server import ProviderSimulator
from simulators.provider.settings import CommonSettings

S = TypeVar("S", bound=CommonSettings)
J = TypeVar("J", bound=Job)


def main(
    settings: type[S], build: Callable[[S, str, int], ProviderSimulator[S, J]], arguments: Sequence[str] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT; one JSON line with name, url and environment is printed when it is ready."""
    parser = argparse.ArgumentParser(description="A simulated provider over HTTP; state in memory.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--settings", default="{}", help="JSON of the settings to change")
    options = parser.parse_args(arguments)
    simulator = build(settings.model_validate_json(options.settings), options.host, options.port)
    asyncio.run(_serve(simulator))


async def _serve(simulator: ProviderSimulator[S, J]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with simulator:
        line = {"name": simulator.name, "url": simulator.url, "environment": simulator.environment()}
        print(json.dumps(line), flush=True)
        await stop.wait()
