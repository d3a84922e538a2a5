"""Where the app is installed, and what each workspace has set for itself."""

import json
from collections.abc import Mapping, Sequence

from bot.domain.errors import StoreError
from bot.ports.store import ACCESS_REVOKED, Installation, Workspace
from storage.engines.transaction import (
    Database,
    Row,
    Transaction,
    blob,
    execute,
    integer,
    maybe_number,
    number,
    reads,
    reads_once,
    text,
    urgent_writes,
    urgent_writes_once,
    writes,
    writes_once,
)
from storage.records.retention import StoredRetention
from storage.seal import Seal

_NO_KEY = "Tokens of workspaces are stored sealed only: set STORAGE_KEY (make one with: openssl rand -base64 32)."
MOST_STATES = 1000  # installations under way at once; anybody who finds the page begins one


class StoredWorkspaces(StoredRetention):
    """Installations, workspaces, and states of installations under way."""

    _db: Database
    _seal: Seal

    @urgent_writes
    def save_installation(self, installation: Installation, now: float) -> Transaction[None]:
        """Store it. Raises `StoreError` without a key."""
        tokens = self._sealed_tokens(installation.id, installation.bot_token, installation.refresh_token)
        yield from execute(
            "save_installation",
            id=installation.id,
            team_id=installation.team_id,
            enterprise_id=installation.enterprise_id,
            name=installation.name,
            app_id=installation.app_id,
            bot_user_id=installation.bot_user_id,
            bot_id=installation.bot_id,
            scopes=",".join(installation.scopes),
            installed_by=installation.installed_by,
            tokens=tokens,
            expires_at=installation.expires_at,
            now=now,
        )
        if team := installation.team_id:
            name, enterprise = installation.name, installation.enterprise_id
            yield from execute(
                "note_workspace", team_id=team, enterprise_id=enterprise, name=name, now=now, nothing=b""
            )

    def _sealed_tokens(self, installation_id: str, bot_token: str, refresh_token: str) -> bytes:
        if not self._seal.newest:
            raise StoreError(_NO_KEY)
        tokens = json.dumps({"bot": bot_token, "refresh": refresh_token}).encode()
        return self._seal.encrypt(tokens, f"installation:{installation_id}")

    @reads_once
    def installation(self, installation_id: str) -> Transaction[Installation | None]:
        """One, also if it was removed."""
        rows = yield from execute("installation", id=installation_id)
        return self._installation(rows[0]) if rows else None

    @reads_once
    def installations(self) -> Transaction[Sequence[Installation]]:
        """All of them, oldest first."""
        rows = yield from execute("installations")
        return [self._installation(row) for row in rows]

    @reads
    def installation_of(self, team_id: str, enterprise_id: str = "") -> Transaction[Installation | None]:
        """The workspace's own installation, else that of its organisation; None if there is none now."""
        known = yield from execute("workspace", team_id=team_id)
        enterprise = (text(known[0], "enterprise_id") if known else "") or enterprise_id
        for one in (team_id, enterprise):
            rows = (yield from execute("installation", id=one)) if one else ()
            if rows and rows[0]["removed_at"] is None:
                return self._installation(rows[0])
            if rows and rows[0]["removed_for"] == ACCESS_REVOKED:
                return None
        return None

    @writes_once
    def replace_tokens(
        self, installation: Installation, bot_token: str, refresh_token: str, expires_at: float | None
    ) -> Transaction[bool]:
        """Store what Slack gave in exchange; False if the row was written meanwhile."""
        tokens = self._sealed_tokens(installation.id, bot_token, refresh_token)
        rows = yield from execute(
            "replace_tokens", id=installation.id, revision=installation.revision, tokens=tokens, expires_at=expires_at
        )
        return bool(rows)

    @urgent_writes_once
    def remove_installation(self, installation_id: str, reason: str, now: float) -> Transaction[bool]:
        """Delete its tokens, and note when and why; False if there is none."""
        rows = yield from execute("remove_installation", id=installation_id, reason=reason, now=now, nothing=b"")
        return bool(rows)

    @urgent_writes_once
    def revoke_access(self, team_id: str, enterprise_id: str, name: str, now: float) -> Transaction[bool]:
        """Note it as an installation that was removed; False for a workspace with an installation of its own."""
        rows = yield from execute(
            "revoke_access",
            team_id=team_id,
            enterprise_id=enterprise_id,
            name=name,
            now=now,
            reason=ACCESS_REVOKED,
            nothing=b"",
        )
        return bool(rows)

    @urgent_writes_once
    def grant_access(self, team_id: str) -> Transaction[bool]:
        """Delete that note; False if there is none."""
        rows = yield from execute("grant_access", team_id=team_id, reason=ACCESS_REVOKED)
        return bool(rows)

    @urgent_writes_once
    def note_workspace(self, team_id: str, enterprise_id: str, name: str, now: float) -> Transaction[None]:
        """The bot works in this workspace."""
        yield from execute(
            "note_workspace", team_id=team_id, enterprise_id=enterprise_id, name=name, now=now, nothing=b""
        )

    @reads_once
    def workspace(self, team_id: str) -> Transaction[Workspace | None]:
        """One workspace."""
        rows = yield from execute("workspace", team_id=team_id)
        return self._workspace(rows[0]) if rows else None

    @reads_once
    def workspaces(self) -> Transaction[Sequence[Workspace]]:
        """All of them, oldest first."""
        rows = yield from execute("workspaces")
        return [self._workspace(row) for row in rows]

    @writes_once
    def save_workspace_settings(
        self, team_id: str, settings: Mapping[str, str], retention_days: int | None
    ) -> Transaction[bool]:
        """Store them sealed; False if the workspace is not known. Raises `StoreError` without a key."""
        if not self._seal.newest:
            raise StoreError(_NO_KEY)
        body = self._seal.encrypt(json.dumps(dict(settings)).encode(), f"workspace:{team_id}")
        rows = yield from execute(
            "save_workspace_settings", team_id=team_id, settings=body, retention_days=retention_days
        )
        return bool(rows)

    async def purge_removed(self, before: float, now: float) -> Sequence[str]:
        """Delete what is left of workspaces that the app was removed from."""
        found = []
        for installation in await self._removed(before):
            teams = [installation.team_id] if installation.team_id else await self._teams_of(installation.id)
            for team_id in teams:
                if await self.installation_of(team_id) is None:
                    await self._purge_all("all_jobs_to_purge_in_workspace", now, team_id=team_id)
                    await self._empty(team_id)
                    found.append(team_id)
            await self._note_purged(installation, teams, now)
        if found:
            self._residue = True
            await self.overwrite_deleted()
        return found

    @reads_once
    def _removed(self, before: float) -> Transaction[Sequence[Installation]]:
        rows = yield from execute("removed_installations", before=before)
        return [self._installation(row) for row in rows]

    @reads_once
    def _teams_of(self, enterprise_id: str) -> Transaction[Sequence[str]]:
        rows = yield from execute("teams_of_enterprise", enterprise_id=enterprise_id)
        return [text(row, "team_id") for row in rows]

    @writes
    def _empty(self, team_id: str) -> Transaction[None]:
        yield from execute("save_workspace_settings", team_id=team_id, settings=b"", retention_days=None)
        yield from execute("purge_inbox_of_workspace", team_id=team_id, nothing=b"")

    @writes
    def _note_purged(self, installation: Installation, teams: Sequence[str], now: float) -> Transaction[None]:
        for team_id in teams:
            if (yield from execute("job_with_content", team_id=team_id)):
                return  # under way, or under a hold: look again
        yield from execute("installation_purged", id=installation.id, revision=installation.revision, now=now)

    @writes
    def add_oauth_state(self, digest: str, expires_at: float, now: float) -> Transaction[None]:
        """Note a state that was given out. At most `MOST_STATES` are kept; the oldest go first."""
        yield from execute("purge_oauth_states", now=now)
        yield from execute("drop_oldest_oauth_states", now=now, most=MOST_STATES - 1)
        yield from execute("add_oauth_state", digest=digest, expires_at=expires_at)

    @writes_once
    def use_oauth_state(self, digest: str, now: float) -> Transaction[bool]:
        """Take it away; whether it was good."""
        rows = yield from execute("use_oauth_state", digest=digest)
        return bool(rows) and number(rows[0], "expires_at") > now

    @reads_once
    def teams_with_work(self, now: float, limit: int = 100) -> Transaction[Sequence[str]]:
        """The workspaces that have deferred work."""
        rows = yield from execute("teams_with_work", now=now, count=limit)
        return [text(row, "team_id") for row in rows]

    def _installation(self, row: Row) -> Installation:
        tokens = _object(self._unsealed(row, "tokens", f"installation:{text(row, 'id')}"))
        return Installation(
            id=text(row, "id"),
            team_id=text(row, "team_id"),
            enterprise_id=text(row, "enterprise_id"),
            name=text(row, "name"),
            app_id=text(row, "app_id"),
            bot_user_id=text(row, "bot_user_id"),
            bot_id=text(row, "bot_id"),
            scopes=tuple(part for part in text(row, "scopes").split(",") if part),
            installed_by=text(row, "installed_by"),
            bot_token=tokens.get("bot", ""),
            refresh_token=tokens.get("refresh", ""),
            expires_at=maybe_number(row, "expires_at"),
            installed_at=number(row, "installed_at"),
            removed_at=maybe_number(row, "removed_at"),
            removed_for=text(row, "removed_for"),
            purged_at=maybe_number(row, "purged_at"),
            revision=integer(row, "revision"),
        )

    def _workspace(self, row: Row) -> Workspace:
        team_id = text(row, "team_id")
        return Workspace(
            team_id=team_id,
            enterprise_id=text(row, "enterprise_id"),
            name=text(row, "name"),
            since=number(row, "since"),
            settings=_object(self._unsealed(row, "settings", f"workspace:{team_id}")),
        )

    def _unsealed(self, row: Row, column: str, place: str) -> bytes:
        sealed = blob(row, column)
        return self._seal.decrypt(sealed, place) if sealed else b""


def _object(body: bytes) -> dict[str, str]:
    if not body:
        return {}
    found: object = json.loads(body)
    if not isinstance(found, dict):
        raise StoreError("The tokens or settings of a workspace are damaged.")
    return {str(name): str(value) for name, value in found.items()}
