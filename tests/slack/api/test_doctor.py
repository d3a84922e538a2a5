"""`doctor` compares the scopes of the manifest with the token's, and tries the app token as a connection would."""

import asyncio
import json
from pathlib import Path

import pytest

from bot.cli.checks.doctor import run_doctor
from bot.cli.checks.slack import app_token, bot_token, manifest_scopes
from bot.ports.provider import Finding
from simulators.slack.faults import Fault
from simulators.slack.server import SlackSimulator
from tests.support.harnesses.slack import bot_settings, slack_options

Report = tuple[int, list[dict[str, object]]]


async def run(slack: SlackSimulator, tmp_path: Path, capsys: pytest.CaptureFixture[str], **more: str) -> Report:
    """The exit code of doctor, and what it finds. It also tries the local engine, which takes a while."""
    settings = bot_settings(slack, tmp_path / "jobs.db", LOCAL_MODEL="tiny.en", **more)
    code = await asyncio.to_thread(run_doctor, settings, True)
    return code, json.loads(capsys.readouterr().out.strip().splitlines()[-1])


async def scopes(slack: SlackSimulator, tmp_path: Path) -> Finding:
    """What doctor finds about the scopes of the bot's token."""
    (finding,) = [f for f in await bot_token(bot_settings(slack, tmp_path / "jobs.db")) if f.subject == "Slack scopes"]
    return finding


async def socket_mode(slack: SlackSimulator, tmp_path: Path, **more: str) -> Finding:
    """What doctor finds about the app token."""
    (finding,) = await app_token(bot_settings(slack, tmp_path / "jobs.db", **more))
    return finding


async def test_a_token_installed_from_the_manifest_is_well(tmp_path: Path) -> None:
    async with SlackSimulator(slack_options()) as slack:
        finding = await scopes(slack, tmp_path)
        assert finding.ok
        assert finding.detail == f"all {len(manifest_scopes())} are there"


@pytest.mark.parametrize("missing", sorted(manifest_scopes()))
async def test_each_missing_scope_is_named_with_what_to_do(missing: str, tmp_path: Path) -> None:
    async with SlackSimulator(slack_options()) as slack:
        slack.reinstall(manifest_scopes() - {missing})
        finding = await scopes(slack, tmp_path)
        assert not finding.ok
        assert finding.detail == f"missing: {missing}"
        assert "reinstall the app" in finding.remedy


async def test_a_missing_scope_and_a_wrong_app_token_are_in_the_report_and_in_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SlackSimulator(slack_options()) as slack:
        slack.reinstall(manifest_scopes() - {"im:history"})
        code, report = await run(slack, tmp_path, capsys, SLACK_APP_TOKEN="xapp-1-WRONG")
        assert code == 1
        assert {"Slack scopes", "Socket Mode"} <= {finding["subject"] for finding in report if not finding["ok"]}


async def test_a_scope_that_is_not_needed_is_named_but_no_fault(tmp_path: Path) -> None:
    async with SlackSimulator(slack_options()) as slack:
        slack.reinstall({*manifest_scopes(), "users:read.email"})
        finding = await scopes(slack, tmp_path)
        assert finding.ok
        assert "not needed: users:read.email" in finding.detail


async def test_an_app_token_that_slack_takes_is_well(tmp_path: Path) -> None:
    async with SlackSimulator(slack_options()) as slack:
        assert (await socket_mode(slack, tmp_path)).ok
        assert slack.sockets.opened == 0


@pytest.mark.parametrize("fault", ["invalid_auth", "not_allowed_token_type", "missing_scope", "off"])
async def test_a_wrong_app_token_is_named_with_what_to_do(fault: str, tmp_path: Path) -> None:
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
        finding = await socket_mode(slack, tmp_path, **more)
        assert not finding.ok
        assert said in finding.detail
        assert remedy in finding.remedy
        assert "xapp-" not in finding.detail


@pytest.mark.parametrize("error", ["socket_mode_not_enabled", "access_denied"])
async def test_any_other_refusal_of_the_app_token_is_named_too(error: str, tmp_path: Path) -> None:
    async with SlackSimulator(slack_options()) as slack:
        slack.fault(Fault("apps.connections.open", error=error, times=None))
        finding = await socket_mode(slack, tmp_path)
        assert not finding.ok
        assert error in finding.detail
        assert ("Turn on Socket Mode" in finding.remedy) == error.startswith("socket_mode")


async def test_a_port_that_something_else_holds_is_named_also_the_operators(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = str(taken.sockets[0].getsockname()[1])
    async with SlackSimulator(slack_options()) as slack, taken:
        code, report = await run(slack, tmp_path, capsys, ADMIN_PORT=port)
        assert code == 1
        (finding,) = [finding for finding in report if not finding["ok"]]
        assert f"cannot listen on 127.0.0.1:{port}" in str(finding["detail"])
        assert "set ADMIN_PORT (or ADMIN_HOST)" in str(finding["remedy"])


async def test_a_database_that_is_still_to_be_made_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with SlackSimulator(slack_options()) as slack:
        code, report = await run(slack, tmp_path, capsys)
        assert code == 0, report
        assert "Database" in {finding["subject"] for finding in report}
        assert not (tmp_path / "jobs.db").exists()
        (tmp_path / "full").write_text("a file where the folder should be")
        code, report = await run(slack, tmp_path, capsys, DATABASE_URL=f"sqlite:///{tmp_path}/full/jobs.db")
        assert code == 1
        assert "Database" in {finding["subject"] for finding in report if not finding["ok"]}
