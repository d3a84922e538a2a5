"""README's five steps, followed as they are written, from the manifest to a bot that answers."""

import re
import resource
from pathlib import Path

import pytest

from simulators.slack.file_store import Upload
from simulators.slack.manifest import with_manifest
from simulators.slack.options import Options
from simulators.slack.server import SlackSimulator
from tests.support.audio.recordings import SAMPLES
from tests.support.harnesses.bot import ALICE, CLINIC
from tests.support.machine.bot_process import ROOT, Bot
from tests.support.machine.processes import free_port

STEPS = (ROOT / "README.md").read_text(encoding="utf-8").split("in five steps")[1].split("\n## ")[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new installation's working directory, with the example of `.env` beside."""
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def fill_in(env: Path, values: dict[str, str]) -> None:
    """Set each variable in its own line of the example, as a person does; each must have one there."""
    text = env.read_text(encoding="utf-8")
    for name, value in values.items():
        text, count = re.subn(rf"(?m)^#? ?{name}=.*$", f"{name}={value}", text)
        assert count == 1, name
    env.write_text(text, encoding="utf-8")


async def test_the_five_steps_lead_from_the_manifest_to_an_answer(folder: Path) -> None:
    settings = re.findall(r"`(SLACK_[A-Z_]+)`", STEPS)
    commands = re.findall(r"(?m)^\s*\.venv/bin/threadscribe (\w+)", STEPS)
    assert (settings, commands) == (["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"], ["doctor", "serve"])
    async with SlackSimulator(with_manifest(Options(), ROOT / "manifest.yml")) as slack:
        # Only what makes this a test is beside README: another Slack, and a port that no other test has.
        tokens = dict(zip(settings, (slack.bot_token, slack.app_token), strict=True))
        fill_in(folder / ".env", tokens | {"SLACK_API_URL": slack.api_url, "PORT": str(free_port())})
        doctor = await Bot.start(folder, {}, "doctor")
        assert await doctor.ends(120) == 0, doctor.out
        assert doctor.out[-1] == "No problems found."
        assert any(line.startswith("ok") and "will be made at the first start" in line for line in doctor.out)
        assert any(line.startswith("ok") and "Child processes" in line for line in doctor.out)
        bot = await Bot.start(folder, {}, "serve")
        try:
            await bot.ready()
            assert resource.prlimit(bot.process.pid, resource.RLIMIT_CORE) == (0, 0)
            await slack.until(lambda: slack.sockets.online, 30)
            message = await slack.upload_as(ALICE, CLINIC, Upload("jfk.wav", SAMPLES / "jfk.wav"))
            await slack.until(lambda: any(each.is_bot for each in slack.replies(CLINIC, message.ts)), 30)
            again = await Bot.start(folder, {}, "doctor")
            assert await again.ends(120) == 0, again.out
            assert any("sqlite can be read and written" in line for line in again.out)
            assert await bot.stop() == 0
        finally:
            await bot.close()
        assert slack.ledger.strays == []


@pytest.mark.parametrize("wrong", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
async def test_serve_refuses_to_start_with_a_token_that_slack_refuses(folder: Path, wrong: str) -> None:
    async with SlackSimulator(with_manifest(Options(), ROOT / "manifest.yml")) as slack:
        tokens = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}
        tokens[wrong] = "xoxb-1-wrong" if wrong == "SLACK_BOT_TOKEN" else "xapp-1-wrong"
        fill_in(folder / ".env", tokens | {"SLACK_API_URL": slack.api_url, "PORT": str(free_port())})
        bot = await Bot.start(folder, {}, "serve")
        assert await bot.ends(60) == 2
        assert any(f"Slack refuses {wrong}: invalid_auth" in line for line in bot.lines), bot.lines
        assert not any("ready" in line for line in bot.lines)


async def test_a_token_that_was_copied_wrong_is_named_before_the_bot_is_started(folder: Path) -> None:
    async with SlackSimulator(with_manifest(Options(), ROOT / "manifest.yml")) as slack:
        tokens = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": "xapp-1-A0-of-another-app"}
        fill_in(folder / ".env", tokens | {"SLACK_API_URL": slack.api_url})
        doctor = await Bot.start(folder, {}, "doctor")
        assert await doctor.ends(120) == 1
        (bad,) = [line for line in doctor.out if line.startswith("BAD")]
        assert "SLACK_APP_TOKEN" in bad
        assert "invalid_auth" in bad
