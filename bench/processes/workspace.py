"""`python -m bench.processes.workspace JSON`: the workspace with many channels and with files shared long ago.

Prints the addresses and tokens as JSON. Bench channels are `C0BENCH0`, `C0BENCH1`, …; shared files are `F0BENCH0`, …,
one message each, spread over the channels; the app is not told of them by the simulator.
"""

import asyncio
import json
import signal
import sys
from dataclasses import dataclass

from bench.rush import sample
from simulators.slack.options import Options
from simulators.slack.records import BOT_USER, Channel, File, Message
from simulators.slack.server import SlackSimulator

EPOCH = 1_600_000_000
"""Second of the first shared message: long before any bench, so that catching up leaves them alone."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How many channels there are, how many files are in them, and the size of each."""

    channels: int = 0
    shares: int = 0
    size: int = 0


def channel_id(number: int) -> str:
    """The id of a channel."""
    return f"C0BENCH{number}"


def file_id(number: int) -> str:
    """The id of a shared file."""
    return f"F0BENCH{number}"


def message_ts(number: int) -> str:
    """The time stamp of the message that shares it."""
    return f"{EPOCH + number}.000100"


def furnish(slack: SlackSimulator, shape: Shape) -> None:
    """Put channels, messages and files there."""
    space = slack.workspace
    for number in range(shape.channels):
        name = channel_id(number)
        space.channels[name] = Channel(name, f"bench-{number}", "public", ["U0ALICE", "U0BOB", BOT_USER], created=EPOCH)
    sound = sample()
    slack.delivery.flow = "drop"
    for number in range(shape.shares):
        file = File(
            file_id(number),
            f"clip {number}.mp3",
            "clip",
            "audio/mpeg",
            "mp3",
            shape.size,
            "U0ALICE",
            EPOCH,
            None,
            sound,
        )
        space.files[file.id] = file
        message = Message(
            channel_id(number % shape.channels),
            message_ts(number),
            "U0ALICE",
            "",
            files=[file.id],
            subtype="file_share",
        )
        space.share(file, message)
        space.post(message)
    slack.delivery.flow = "on"


async def run(shape: Shape, request_url: str) -> None:
    """Run a workspace until it is told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with SlackSimulator(Options(request_url=request_url, retry_delays=(1.0, 5.0), control=True)) as slack:
        furnish(slack, shape)
        told = {
            "url": slack.url,
            "api_url": slack.api_url,
            "bot_token": slack.bot_token,
            "signing_secret": slack.signing_secret,
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    asyncio.run(run(Shape(**asked["shape"]), asked["request_url"]))
