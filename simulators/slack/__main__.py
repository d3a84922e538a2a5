"""`python -m simulators.slack --port 8765`: runs a workspace and prints its address and tokens as JSON on one line."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import signal
import sys
from pathlib import Path

from simulators.slack.manifest import with_manifest
from simulators.slack.options import Options
from simulators.slack.server import SlackSimulator
from simulators.slack.wire import compact


def parse(arguments: list[str]) -> tuple[Options, str]:
    """Return the options and the request URL that a command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m simulators.slack", description="A local Slack workspace.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8765, help="0 takes any free port")
    parser.add_argument("--public-url", default="", help="the address clients use, when it is another one")
    parser.add_argument("--manifest", type=Path, help="app manifest with scopes, events, commands, shortcuts")
    parser.add_argument("--samples", type=Path, help="directory of sample recordings with index.json")
    parser.add_argument("--request-url", default="", help="HTTP mode: where events and commands are posted")
    parser.add_argument("--retry-delays", default="0,60,300", help="seconds before each repeat of an event")
    parser.add_argument("--ack-timeout", type=float, default=3.0)
    parser.add_argument(
        "--unready-seconds", type=float, default=1.0, help="how long a new file may be incomplete for the app; 0: never"
    )
    parser.add_argument("--control", action="store_true", help="serve /control/, with which another process steers it")
    parser.add_argument("--rate-limits", action="store_true", help="enforce Slack's tiers")
    asked = parser.parse_args(arguments)
    options = Options(
        host=asked.host,
        port=asked.port,
        public_url=asked.public_url,
        samples=asked.samples,
        ack_timeout=asked.ack_timeout,
        retry_delays=tuple(float(delay) for delay in asked.retry_delays.split(",") if delay),
        rate_limits=asked.rate_limits,
        control=asked.control,
        unready_seconds=asked.unready_seconds,
        unready_seed=secrets.randbits(32),
    )
    return (with_manifest(options, asked.manifest) if asked.manifest else options), asked.request_url


async def run(options: Options, request_url: str) -> None:
    """Run a workspace until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with SlackSimulator(options) as slack:
        if request_url:
            await slack.use_http(request_url, verify=False)
        started = {
            "url": slack.url,
            "page_url": slack.page_url,
            "api_url": slack.api_url,
            "bot_token": slack.bot_token,
            "app_token": slack.app_token,
            "signing_secret": slack.signing_secret,
            "elsewhere_url": slack.elsewhere_url,
        }
        sys.stdout.write(compact(started) + "\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    try:
        asyncio.run(run(*parse(sys.argv[1:])))
    except OSError as error:
        sys.exit(f"The workspace could not start: {error.strerror or error}")
