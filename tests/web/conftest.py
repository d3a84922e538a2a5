"""A bot with one provider that takes webhooks, for the tests of its web routes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import open_bot
from bot.configuration import load_settings
from simulators.slack.manifest import with_manifest
from simulators.slack.options import Options
from simulators.slack.server import SlackSimulator
from simulators.xosum import XosumSettings, XosumSimulator
from tests.support.machine.bot_process import ROOT
from tests.web.served import Served


@pytest.fixture
async def served_bot(tmp_path: Path) -> AsyncIterator[Served]:
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
            "DATABASE_URL": f"sqlite:///{tmp_path}/jobs.db",
            "PORT": "0",
            "ADMIN_PORT": "0",
            "PUBLIC_URL": "https://bot.example",
        }
        async with open_bot(load_settings(environment, env_file=None)) as core:
            yield Served(core.server.port, core.admin.port)
