"""Where the app is installed, and what each workspace has set for itself. Tokens and settings are sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

ACCESS_REVOKED = "team_access_revoked"
"""Why an installation of a workspace was removed, when its organisation took the app out of it: then that of the
organisation does not count there either."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The app in one workspace (`id` is its team's id), or in a whole organisation: `team_id` is empty, `id` that of
    the enterprise.

    `expires_at` is when the bot token ends, None if it does not: then there is a `refresh_token`. An installation that
    was removed has no tokens. `revision` counts the writes.
    """

    id: str
    team_id: str
    enterprise_id: str = ""
    name: str = ""
    app_id: str = ""
    bot_user_id: str = ""
    bot_id: str = ""
    scopes: tuple[str, ...] = ()
    installed_by: str = ""
    bot_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: float | None = None
    installed_at: float = 0.0
    removed_at: float | None = None
    removed_for: str = ""  # the event that said so
    purged_at: float | None = None
    revision: int = 0

    @property
    def active(self) -> bool:
        """Whether the app is installed now."""
        return self.removed_at is None


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace that the bot works in or has worked in. `settings` are by the name of their variable."""

    team_id: str
    enterprise_id: str = ""
    name: str = ""
    since: float = 0.0
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)


class Workspaces(Protocol):
    """Installations, workspaces, and the states of installations under way."""

    async def save_installation(self, installation: Installation, now: float) -> None:
        """Store a new one, or one that was made again. Raises `StoreError` if nothing is sealed: without a key no
        token is stored."""
        ...

    async def installation(self, installation_id: str) -> Installation | None:
        """One, also if it was removed."""
        ...

    async def installations(self) -> Sequence[Installation]:
        """All of them, oldest first, those that were removed included."""
        ...

    async def installation_of(self, team_id: str, enterprise_id: str = "") -> Installation | None:
        """What the bot works with in this workspace: its own installation, else that of the organisation it belongs
        to; None if there is none, or it was removed, or the organisation took the app out of this workspace.

        `enterprise_id` is needed for a workspace that nothing is known of yet.
        """
        ...

    async def replace_tokens(
        self, installation: Installation, bot_token: str, refresh_token: str, expires_at: float | None
    ) -> bool:
        """Store what Slack gave in exchange; False if somebody has written the row since it was read."""
        ...

    async def remove_installation(self, installation_id: str, reason: str, now: float) -> bool:
        """The app was removed: its tokens are deleted at once. False if there is none."""
        ...

    async def revoke_access(self, team_id: str, enterprise_id: str, name: str, now: float) -> bool:
        """The organisation took the app out of a workspace: it counts as one that removed the app. False if it has an
        installation of its own, which stays."""
        ...

    async def grant_access(self, team_id: str) -> bool:
        """The organisation lets the app in again; False if it had not taken it out."""
        ...

    async def note_workspace(self, team_id: str, enterprise_id: str, name: str, now: float) -> None:
        """The bot works in this workspace; what is known of it already stays."""
        ...

    async def workspace(self, team_id: str) -> Workspace | None:
        """One workspace."""
        ...

    async def workspaces(self) -> Sequence[Workspace]:
        """All of them, oldest first, also those that the app was removed from."""
        ...

    async def save_workspace_settings(
        self, team_id: str, settings: Mapping[str, str], retention_days: int | None
    ) -> bool:
        """Store what it has set for itself (sealed); False if the workspace is not known."""
        ...

    async def purge_removed(self, before: float, now: float) -> Sequence[str]:
        """Delete the content and the settings of every workspace that the app was removed from before; their ids.

        Jobs that are not over or parked yet keep theirs until then, and content under a hold stays: the installation
        is looked at again in the next round.
        """
        ...

    async def add_oauth_state(self, digest: str, expires_at: float, now: float) -> None:
        """Note the hash of a state that was given out; what has expired is deleted."""
        ...

    async def use_oauth_state(self, digest: str, now: float) -> bool:
        """Take it away; whether it was there and had not expired."""
        ...

    async def teams_with_work(self, now: float, limit: int = 100) -> Sequence[str]:
        """The workspaces that have deferred work which is due and not claimed."""
        ...
