"""docs/connect-a-workspace.md, followed in both modes with the manifest that `threadscribe manifest` prints."""

from pathlib import Path

import pytest

from simulators.slack.file_store import Upload
from simulators.slack.manifest import with_manifest
from simulators.slack.options import Options
from simulators.slack.server import SlackSimulator
from simulators.slack.wire import as_object, as_objects
from tests.support.audio.recordings import SAMPLES
from tests.support.harnesses.bot import ALICE, CLINIC
from tests.support.machine.bot_process import Bot
from tests.support.machine.processes import free_port

HOST = "https://scribe.example.org"


async def printed(folder: Path, http: bool) -> str:
    command = ("manifest", "--http", HOST) if http else ("manifest",)
    done = await Bot.start(folder, {}, *command)
    assert await done.ends(60) == 0, done.lines
    return "\n".join(done.out)


@pytest.mark.parametrize("http", [False, True], ids=["socket", "http"])
async def test_the_printed_manifest_connects_the_bot(tmp_path: Path, http: bool) -> None:
    port = free_port()
    # Only what makes this a test is not as the page has it: another Slack, and an address of this machine.
    text = (await printed(tmp_path, http)).replace(HOST, f"http://127.0.0.1:{port}")
    (tmp_path / "manifest.yml").write_text(text, encoding="utf-8")
    async with SlackSimulator(with_manifest(Options(), tmp_path / "manifest.yml")) as slack:
        way = {"SLACK_SIGNING_SECRET": slack.signing_secret} if http else {"SLACK_APP_TOKEN": slack.app_token}
        environment = way | {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_API_URL": slack.api_url,
            "PORT": str(port),
            "ADMIN_PORT": "0",
        }
        doctor = await Bot.start(tmp_path, environment, "doctor")
        assert await doctor.ends(120) == 0, doctor.out
        bot = await Bot.start(tmp_path, environment, "serve")
        try:
            await bot.ready()
            if not http:
                await slack.until(lambda: slack.sockets.online, 30)
            message = await slack.upload_as(ALICE, CLINIC, Upload("jfk.wav", SAMPLES / "jfk.wav"))
            await slack.until(lambda: any(each.is_bot for each in slack.replies(CLINIC, message.ts)), 60)
            await slack.command_as(ALICE, CLINIC, "/transcribe", "settings")
            await slack.until(lambda: slack.views.top(ALICE) is not None, 30)
            offered = await language_options(slack)
            assert "Spanish" in offered
            assert await bot.stop() == 0
        finally:
            await bot.close()
        assert slack.ledger.strays == []


async def language_options(slack: SlackSimulator) -> str:
    """What the language field offers for "span"; over HTTP it is asked at the Options Load URL."""

    def element() -> tuple[str, str] | None:
        view = slack.views.top(ALICE)
        for block in as_objects(view.body.get("blocks")) if view is not None else []:
            found = as_object(block.get("element"))
            if found.get("type") == "external_select":
                return str(block["block_id"]), str(found["action_id"])
        return None

    await slack.until(lambda: element() is not None, 30)
    place, view = element(), slack.views.top(ALICE)
    assert place is not None
    assert view is not None
    return str(await slack.interactions.options(ALICE, place[1], place[0], "span", view.id))
