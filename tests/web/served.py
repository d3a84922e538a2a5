"""A bot with one provider that takes webhooks, and where it is reached."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.app import open_bot
from bot.configuration import load_settings
from bot.failpoints import Failpoints
from simulators.slack.manifest import with_manifest
from simulators.slack.options import Options
from simulators.slack.server import SlackSimulator
from simulators.xosum import XosumSettings, XosumSimulator
from tests.support.machine.bot_process import ROOT


class Served:
    """A bot's two addresses."""

    def __init__(self, port: int, admin_port: int) -> None:
        self.port = port
        self.public = f"http://127.0.0.1:{port}"
        self.admin = f"http://127.0.0.1:{admin_port}"


@asynccontextmanager
async def serve(directory: Path, points: Failpoints | None = None) -> AsyncIterator[Served]:
    """The real bot in this process, in Socket Mode."""
    async with (
        XosumSimulator(XosumSettings()) as xosum,
        SlackSimulator(with_manifest(Options(), ROOT / "manifest.yml")) as slack,
    ):
        environment = {
            **xosum.environment(),
            "SLACK_API_URL": slack.api_url,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "DATABASE_URL": f"sqlite:///{directory}/jobs.db",
            "PORT": "0",
            "ADMIN_PORT": "0",
            "PUBLIC_URL": "https://bot.example",
        }
        async with open_bot(load_settings(environment, env_file=None), points) as core:
            yield Served(core.server.port, core.admin.port)
