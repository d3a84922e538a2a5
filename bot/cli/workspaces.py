"""`workspaces` and `workspace set`: where the app is installed, and what one workspace has set for itself."""

import json
from collections.abc import Sequence

import typer

from bot.cli.common import day_of, fail, record_command, with_store
from bot.domain.errors import Misconfigured, StepError
from bot.ports.provider import Finding
from bot.ports.store import Installation, JobStore, Workspace
from bot.settings import Settings
from bot.slack.workspaces.check import check_installations
from bot.slack.workspaces.own_settings import OWN, checked
from bot.text.printable import one_line

_NETWORK = "Check the network, and SLACK_API_URL if you set it."


def run_workspaces(settings: Settings, as_json: bool) -> int:
    """List installations with their workspaces."""

    async def act(store: JobStore) -> int:
        installations, workspaces = await store.installations(), await store.workspaces()
        if as_json:
            typer.echo(json.dumps([_facts(each, workspaces) for each in installations], ensure_ascii=False))
            return 0
        for each in installations:
            facts = _facts(each, workspaces)
            typer.echo(f"{each.id}  {one_line(each.name)}  since {facts['since']}  {facts['state']}")
            for workspace in _of(each, workspaces):
                own = ", ".join(sorted(workspace.settings))
                if each.team_id and not own:
                    continue
                typer.echo(f"    {workspace.team_id}  {one_line(workspace.name)}" + (f"  sets {own}" if own else ""))
        if not installations:
            typer.echo("No workspace has installed the app.")
        return 0

    return with_store(settings, act)


def _facts(each: Installation, workspaces: Sequence[Workspace]) -> dict[str, object]:
    state = "installed" if each.active else f"removed {day_of(each.removed_at)} ({each.removed_for})"
    if each.purged_at is not None:
        state += ", content deleted"
    return {
        "id": each.id,
        "kind": "workspace" if each.team_id else "organisation",
        "name": each.name,
        "since": day_of(each.installed_at),
        "state": state,
        "workspaces": [one.team_id for one in _of(each, workspaces)],
    }


def _of(each: Installation, workspaces: Sequence[Workspace]) -> list[Workspace]:
    if each.team_id:
        return [one for one in workspaces if one.team_id == each.team_id]
    return [one for one in workspaces if one.enterprise_id == each.id]


def run_workspace_set(settings: Settings, action: str, team_id: str, pairs: list[str]) -> int:
    """Set (`NAME=value`) or take back (`NAME=`) settings of one workspace. 2 for one that cannot be used."""
    if action != "set":
        return fail(f"there is no `workspace {one_line(action)}`: it must be `workspace set`.", 2)
    changes = dict(pair.partition("=")[::2] for pair in pairs)
    names = tuple(name.upper() for name in OWN)
    for pair in pairs:
        name = pair.partition("=")[0]
        if "=" not in pair or name not in names:
            return fail(f"{one_line(name)} is not NAME=value with one of {', '.join(names)}.", 2)

    async def act(store: JobStore) -> int:
        workspace = await store.workspace(team_id)
        if workspace is None:
            return fail(f"there is no workspace {one_line(team_id)}; see `workspaces`.", 1)
        own = {name: value for name, value in {**workspace.settings, **changes}.items() if value}
        try:
            found = checked(settings, {name.lower(): value for name, value in own.items()})
        except ValueError as error:
            return fail(str(error), 2)
        if found.provider not in found.providers:
            return fail(f"PROVIDER is {found.provider!r}, which is not set up.", 2)
        days = found.retention_days if "RETENTION_DAYS" in own else None
        await store.save_workspace_settings(team_id, own, days)
        await record_command(store, "workspace set", team=team_id, names=",".join(sorted(changes)))
        typer.echo(f"{team_id} sets {', '.join(sorted(own)) or 'nothing'}. A running bot takes it up within a minute.")
        return 0

    return with_store(settings, act)


async def installation_findings(settings: Settings, store: JobStore) -> list[Finding]:
    """Whether Slack takes the token of each installation; for `doctor`."""
    found = []
    async for installation, error in check_installations(settings, store):
        subject = f"Slack {installation.id}"
        if error is None:
            found.append(Finding(True, subject, f"installed in {installation.name}"))
        elif isinstance(error, Misconfigured):
            remedy = "Install the app there again, from /slack/install."
            found.append(Finding(False, subject, f"Slack refuses its token: {error.detail}", remedy))
        elif isinstance(error, StepError):
            found.append(Finding(False, subject, f"Slack cannot be reached: {error.detail}", _NETWORK))
    if not found:
        found.append(Finding(True, "Slack", "no workspace has installed the app yet: open /slack/install"))
    return found
