"""The settings that a workspace can have for itself; an operator sets them with `threadscribe workspace set`."""

from collections.abc import Mapping

from pydantic import ValidationError

from bot.domain.errors import Misconfigured
from bot.ports.store import Workspace
from bot.settings import Settings
from bot.slack.workspaces.accounts import account_of

OWN = ("provider", "providers_allowed", "reply_language", "retention_days", "max_file_mb", "status_after_seconds")


def settings_for(settings: Settings, workspace: Workspace) -> Settings:
    """The settings of the process, with those of a workspace in place of its own.

    Raises `Misconfigured` for stored ones that cannot be used (any more): those of the process may allow more.
    """
    changed = {name.lower(): value for name, value in workspace.settings.items() if name.lower() in OWN}
    try:
        return checked(settings, changed) if changed else settings
    except ValueError as error:
        account, team_id = account_of(workspace.team_id), workspace.team_id
        raise Misconfigured(account, f"the settings of {team_id} itself cannot be used: {error}") from error


def checked(settings: Settings, changed: Mapping[str, str]) -> Settings:
    """The settings with these in place. Raises `ValueError` with a sentence for one that cannot be used."""
    given = {name: getattr(settings, name) for name in type(settings).model_fields}
    try:
        return Settings.model_validate({**given, **changed})
    except ValidationError as error:
        fault = error.errors()[0]
        said = str(fault["msg"]).removeprefix("Value error, ")
        raise ValueError(f"{str(fault['loc'][0]).upper() if fault['loc'] else ''}: {said}.") from None
