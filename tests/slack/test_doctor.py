"""`doctor` compares the scopes of the manifest with those that the token really has."""

import asyncio
import json
from pathlib import Path

import pytest

from bot.cli.doctor import manifest_scopes, run_doctor
from simulators.slack.server import SlackSimulator
from tests.support.slack_harness import bot_settings, slack_options

Finding = dict[str, object]


async def findings(
    slack: SlackSimulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[Finding]]:
    """What doctor says, by the subject, and its exit code."""
    settings = bot_settings(slack, tmp_path / "jobs.db")
    code = await asyncio.to_thread(run_doctor, settings, True)
    said: list[Finding] = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    return code, [finding for finding in said if finding["subject"] == "Slack scopes"]


async def test_a_token_installed_from_the_manifest_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with SlackSimulator(slack_options()) as slack:
        _, (finding,) = await findings(slack, tmp_path, capsys)
        assert finding["ok"] is True
        assert str(finding["detail"]) == f"all {len(manifest_scopes())} are there"


@pytest.mark.parametrize("missing", sorted(manifest_scopes()))
async def test_each_missing_scope_is_named_with_what_to_do(
    missing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SlackSimulator(slack_options()) as slack:
        slack.reinstall(manifest_scopes() - {missing})
        code, (finding,) = await findings(slack, tmp_path, capsys)
        assert code == 1
        assert finding["ok"] is False
        assert finding["detail"] == f"missing: {missing}"
        assert "reinstall the app" in str(finding["remedy"])


async def test_a_scope_that_is_not_needed_is_named_but_no_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SlackSimulator(slack_options()) as slack:
        slack.reinstall({*manifest_scopes(), "users:read.email"})
        _, (finding,) = await findings(slack, tmp_path, capsys)
        assert finding["ok"] is True
        assert "not needed: users:read.email" in str(finding["detail"])
