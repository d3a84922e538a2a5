"""`workspaces`, `workspace set`, `manifest --distributed`, `--team`, and what `serve` wants of several workspaces."""

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.configuration import load_settings, serve_faults
from bot.domain.job import FileFacts, Options, Origin, RemoteJob
from bot.domain.machine import Finishing, Received, Replying, Submitting, Waiting
from bot.domain.transcript import Segment, Transcript
from bot.ports.store import Installation, JobStore, NewJob
from storage import open_store
from tests.support.harnesses.workspaces import ADDED

KEY = bytes(range(32))
SEVERAL = {
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "secret-of-the-app",
    "SLACK_SIGNING_SECRET": "signing-secret",
    "STORAGE_KEY": base64.b64encode(KEY).decode(),
    "PUBLIC_URL": "https://scribe.example.org",
}

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    for name, value in {**SEVERAL, "DATABASE_URL": f"sqlite:///{tmp_path}/jobs.db"}.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


async def filled(directory: Path) -> None:
    """Two workspaces with an answered recording each, and one that removed the app."""
    store = await open_store(f"sqlite:///{directory}/jobs.db", KEY)
    for team in ("T0ONE", "T0TWO", "T0OLD"):
        await store.save_installation(Installation(team, team, name=f"{team} Ltd", bot_token="xoxb-1"), 1e9)
    await store.remove_installation("T0OLD", "app_uninstalled", 1.1e9)
    for team in ("T0ONE", "T0TWO"):
        await _answered(store, team)
    await store.close()


async def _answered(store: JobStore, team: str) -> None:
    origin = Origin(team, "C1", "1.0", "1.0", "F1", "U1")
    job, _ = await store.add_job(NewJob(origin, FileFacts(f"{team}.wav")), 1e9)
    job = await store.apply(Received(job).submit(1e9, job.file, "local", "local", Options()))
    job = await store.apply(Submitting(job).created(1e9, RemoteJob("r")))
    job = await store.apply(Submitting(job).submitted(1e9, 1e9))
    job = await store.apply(Waiting(job).ready(1e9))
    await store.put_transcript(job.id, Transcript((Segment(f"Words of {team}.", 0, 1),), provider="local"), 1e9)
    job = await store.apply(Finishing(job).stored(1e9))
    await store.apply(Replying(job).replied(1e9))


def test_workspaces_are_listed_with_their_state(run: Run, tmp_path: Path) -> None:
    asyncio.run(filled(tmp_path))
    lines = run("workspaces").output
    assert "T0ONE  T0ONE Ltd  since 2001-09-09  installed" in lines
    assert "T0OLD" in lines
    assert "removed 2004-11-09 (app_uninstalled)" in lines
    assert "xoxb" not in lines
    assert {each["id"]: each["kind"] for each in json.loads(run("workspaces", "--json").output)} == dict.fromkeys(
        ("T0ONE", "T0TWO", "T0OLD"), "workspace"
    )


def test_a_setting_of_one_workspace_is_checked_and_can_be_taken_back(run: Run, tmp_path: Path) -> None:
    asyncio.run(filled(tmp_path))
    for wrong, said in (
        ("RETENTION_DAYS=soon", "RETENTION_DAYS"),
        ("PROVIDER=nobody", "not set up"),
        ("SLACK_SIGNING_SECRET=12345678", "not NAME=value"),
        ("nonsense", "not NAME=value"),
    ):
        result = run("workspace", "set", "T0ONE", wrong)
        assert (result.exit_code, said in result.output) == (2, True), result.output
    assert run("workspace", "set", "T0NONE", "RETENTION_DAYS=7").exit_code == 1
    assert run("workspace", "unset", "T0ONE", "RETENTION_DAYS=7").exit_code == 2
    assert run("workspace", "set", "T0ONE", "RETENTION_DAYS=7", "PROVIDERS_ALLOWED=local").exit_code == 0
    assert "T0ONE Ltd  sets PROVIDERS_ALLOWED, RETENTION_DAYS" in run("workspaces").output
    assert run("workspace", "set", "T0ONE", "PROVIDERS_ALLOWED=", "RETENTION_DAYS=").exit_code == 0
    assert "sets" not in run("workspaces").output


def test_jobs_export_audit_and_erase_keep_to_one_workspace(run: Run, tmp_path: Path) -> None:
    asyncio.run(filled(tmp_path))
    jobs = json.loads(run("jobs", "--team", "T0ONE", "--json").output)
    assert len(jobs) == 1
    assert run("export", "--to", "one", "--team", "T0ONE").exit_code == 0
    written = [(tmp_path / "one" / path.name).read_text() for path in (tmp_path / "one").iterdir()]
    assert len(written) == 2
    assert all("T0ONE" in text and "T0TWO" not in text for text in written)
    run("workspace", "set", "T0TWO", "RETENTION_DAYS=7")
    assert "workspace set" in run("audit", "--team", "T0TWO").output
    assert "workspace set" not in run("audit", "--team", "T0ONE").output
    refused = run("erase", "--user", "U1", "--yes")
    assert (refused.exit_code, "--team" in refused.output) == (2, True)
    assert run("erase", "--user", "U1", "--team", "T0ONE", "--yes").exit_code == 0
    assert len(json.loads(run("jobs", "--json").output)) == 1


def test_the_manifest_of_many_workspaces(run: Run) -> None:
    assert run("manifest", "--distributed").exit_code == 2
    document = yaml.safe_load(run("manifest", "--distributed", "--http", "https://scribe.example.org/").output)
    assert document["oauth_config"]["redirect_urls"] == ["https://scribe.example.org/slack/oauth_redirect"]
    assert document["settings"]["org_deploy_enabled"] is True
    assert document["settings"]["token_rotation_enabled"] is True
    assert document["settings"]["socket_mode_enabled"] is False
    plain = yaml.safe_load(run("manifest", "--http", "https://scribe.example.org").output)
    assert "redirect_urls" not in plain["oauth_config"]
    asked, before = (each["settings"]["event_subscriptions"]["bot_events"] for each in (document, plain))
    assert sorted(set(asked) - set(before)) == list(ADDED)
    assert asked == sorted(asked)


def test_serve_says_what_several_workspaces_need() -> None:
    assert serve_faults(load_settings(SEVERAL, env_file=None)) == []
    for missing, said in (
        ("STORAGE_KEY", "STORAGE_KEY"),
        ("PUBLIC_URL", "PUBLIC_URL"),
        ("SLACK_SIGNING_SECRET", "HTTP"),
    ):
        faults = serve_faults(load_settings({**SEVERAL, missing: ""}, env_file=None))
        assert len(faults) == 1
        assert said in faults[0]
    both = serve_faults(load_settings({**SEVERAL, "SLACK_APP_TOKEN": "xapp-1-A-1-x"}, env_file=None))
    assert both == ["Several workspaces need HTTP mode: remove SLACK_APP_TOKEN."]


def test_one_token_stays_one_workspace() -> None:
    one = load_settings({**SEVERAL, "SLACK_BOT_TOKEN": "xoxb-1"}, env_file=None)
    assert not one.several_workspaces
    assert load_settings(SEVERAL, env_file=None).several_workspaces
