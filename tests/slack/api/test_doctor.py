"""`doctor` compares the scopes of the manifest with the token's, and tries the app token as a connection would."""

import asyncio
import json
from pathlib import Path

import pytest

from bot.cli.doctor import run_doctor
from bot.cli.slack_checks import manifest_scopes
from simulators.slack.faults import Fault
from simulators.slack.server import SlackSimulator
from tests.support.slack_harness import bot_settings, slack_options

Finding = dict[str, object]


async def findings(
    slack: SlackSimulator,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    subject: str = "Slack scopes",
    **more: str,
) -> tuple[int, list[Finding]]:
    """What doctor says of a subject, and its exit code."""
    settings = bot_settings(slack, tmp_path / "jobs.db", **more)
    code = await asyncio.to_thread(run_doctor, settings, True)
    said: list[Finding] = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    return code, [finding for finding in said if finding["subject"] == subject]


async def test_a_token_installed_from_the_manifest_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with SlackSimulator(slack_options()) as slack:
        _, (finding,) = await findings(slack, tmp_path, capsys)
        assert finding["ok"] is True
        assert str(finding["detail"]) == f"all {len(manifest_scopes())} are there"


@pytest.mark.parametrize("third", range(3))
async def test_each_missing_scope_is_named_with_what_to_do(
    third: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Some at a time: doctor transcribes half a second of audio in each run."""
    missing = sorted(manifest_scopes())[third::3]
    async with SlackSimulator(slack_options()) as slack:
        slack.reinstall(manifest_scopes() - set(missing))
        code, (finding,) = await findings(slack, tmp_path, capsys)
        assert code == 1
        assert finding["ok"] is False
        assert finding["detail"] == f"missing: {', '.join(missing)}"
        assert "reinstall the app" in str(finding["remedy"])


async def test_a_scope_that_is_not_needed_is_named_but_no_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SlackSimulator(slack_options()) as slack:
        slack.reinstall({*manifest_scopes(), "users:read.email"})
        _, (finding,) = await findings(slack, tmp_path, capsys)
        assert finding["ok"] is True
        assert "not needed: users:read.email" in str(finding["detail"])


async def test_an_app_token_that_slack_takes_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with SlackSimulator(slack_options()) as slack:
        code, (finding,) = await findings(slack, tmp_path, capsys, "Socket Mode")
        assert (code, finding["ok"]) == (0, True)
        assert slack.sockets.opened == 0


@pytest.mark.parametrize("fault", ["invalid_auth", "not_allowed_token_type", "missing_scope", "off"])
async def test_a_wrong_app_token_is_named_with_what_to_do(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SlackSimulator(slack_options()) as slack:
        more = {}
        match fault:
            case "invalid_auth":
                more["SLACK_APP_TOKEN"] = "xapp-1-WRONG"
                said, remedy = "invalid_auth", "Copy the app-level token again"
            case "not_allowed_token_type":
                more["SLACK_APP_TOKEN"] = slack.bot_token
                said, remedy = "not_allowed_token_type", "takes the app-level token"
            case "missing_scope":
                slack.tokens.app.scopes.discard("connections:write")
                said, remedy = "missing_scope (needs connections:write)", "with the scope connections:write"
            case _:
                slack.options.request_url = "http://127.0.0.1:9/slack/events"
                said, remedy = "it is off", "Turn on Socket Mode"
        code, (finding,) = await findings(slack, tmp_path, capsys, "Socket Mode", **more)
        assert (code, finding["ok"]) == (1, False)
        assert said in str(finding["detail"])
        assert remedy in str(finding["remedy"])
        assert "xapp-" not in str(finding["detail"])


@pytest.mark.parametrize("error", ["socket_mode_not_enabled", "access_denied"])
async def test_any_other_refusal_of_the_app_token_is_named_too(
    error: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SlackSimulator(slack_options()) as slack:
        slack.fault(Fault("apps.connections.open", error=error, times=None))
        code, (finding,) = await findings(slack, tmp_path, capsys, "Socket Mode")
        assert code == 1
        assert error in str(finding["detail"])
        assert ("Turn on Socket Mode" in str(finding["remedy"])) == error.startswith("socket_mode")


async def test_a_database_that_is_still_to_be_made_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with SlackSimulator(slack_options()) as slack:
        code, (finding,) = await findings(slack, tmp_path, capsys, "Database")
        assert (code, finding["ok"]) == (0, True)
        assert not (tmp_path / "jobs.db").exists()
        (tmp_path / "full").write_text("a file where the folder should be")
        url = f"sqlite:///{tmp_path}/full/jobs.db"
        code, (finding,) = await findings(slack, tmp_path, capsys, "Database", DATABASE_URL=url)
        assert (code, finding["ok"]) == (1, False)
