"""The real bot in front of two simulated services, for windows on the page to use it as people do."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.app import Core, open_bot
from bot.configuration import load_settings
from bot.providers.webhook_address import webhook_address
from simulators.invox import InvoxSettings, InvoxSimulator
from simulators.provider.results import Segment, Transcript
from simulators.slack.manifest import with_manifest
from simulators.slack.options import Options
from simulators.slack.server import SlackSimulator
from simulators.xosum import XosumSettings, XosumSimulator
from tests.support.block_kit import validate

ROOT = Path(__file__).parents[2]

VISIT = Transcript(
    segments=[
        Segment(text="Good morning. How have you slept since we met?", speaker=0, start=0.0, end=3.0),
        Segment(text="Much better, thank you. The cough is nearly gone.", speaker=1, start=3.2, end=6.5),
        Segment(text="Then we stop the syrup and meet again in June.", speaker=0, start=6.8, end=10.0),
    ],
    language="en-US",
    title="Cough nearly gone",
    summary="Խոսնակ 2 sleeps better. Խոսնակ 1 stops the syrup.",
)


@dataclass
class Scribe:
    """What runs: the workspace, the bot, and the services it may use."""

    slack: SlackSimulator
    core: Core
    xosum: XosumSimulator
    invox: InvoxSimulator


@asynccontextmanager
async def open_scribe(directory: Path, samples: Path | None = None, **more: str) -> AsyncIterator[Scribe]:
    """Start everything; at the end every message and view that was sent is validated."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = with_manifest(Options(samples=samples, share_delay=0.02, refused_blocks=()), ROOT / "manifest.yml")
    xosum = XosumSimulator(XosumSettings(job_seconds=0.1, webhook_spacing=(0.2,), language="en"))
    xosum.settings.webhook_url = webhook_address(f"http://127.0.0.1:{port}", "xosum", xosum.settings.webhook_secret)
    invox = InvoxSimulator(InvoxSettings(job_seconds=0.1, webhook_spacing=(0.2,)))
    async with SlackSimulator(options) as slack:
        await xosum.start()
        await invox.start()
        try:
            environment = {
                "SLACK_API_URL": slack.api_url,
                "SLACK_BOT_TOKEN": slack.bot_token,
                "SLACK_APP_TOKEN": slack.app_token,
                "DATABASE_URL": f"sqlite:///{directory}/jobs.db",
                "HOST": "127.0.0.1",
                "PORT": str(port),
                "ADMIN_PORT": "0",
                "PUBLIC_URL": f"http://127.0.0.1:{port}",
                "REPLY_SETTLE_SECONDS": "0.5",
                "STATUS_AFTER_SECONDS": "0",
                "POLL_MIN_SECONDS": "0.1",
                "LOCAL_MODEL": "tiny.en",
                "LOCAL_WORKERS": "1",
                **invox.environment(),
                **xosum.environment(),
                "XOSUM_RECORDING_TYPE": "phone_call",
                **more,
            }
            async with open_bot(load_settings(environment, env_file=None)) as core:
                await slack.until(lambda: slack.sockets.online, timeout=30)
                yield Scribe(slack, core, xosum, invox)
            validate(slack)
        finally:
            await xosum.stop()
            await invox.stop()
