"""What an organisation decides about one of its workspaces: it takes the app out of it, or lets it in again.

Slack tells the organisation's installation: `team_access_revoked` or `team_access_granted`, each with `team_ids`
(https://docs.slack.dev/reference/events/team_access_revoked). Its token stays good for the other workspaces.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.ports.clock import Clock
from bot.ports.store import ACCESS_REVOKED, Installation, JobStore
from bot.slack.api.payloads import Json, child, number, rows, text
from bot.slack.workspaces.routing import Address

ACCESS_GRANTED = "team_access_granted"
ACCESS_EVENTS = frozenset({ACCESS_REVOKED, ACCESS_GRANTED})

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Access:
    """Notes these decisions. Every method raises `StoreError`."""

    store: JobStore
    clock: Clock

    async def decided(self, body: Json) -> Sequence[str]:
        """The workspaces (ids) whose access has changed by this event: those of the organisation that it is of."""
        event = child(body, "event")
        granted = text(event, "type") == ACCESS_GRANTED
        return [team for team in _teams(event) if await self._one(body, team, granted)]

    async def _one(self, body: Json, team_id: str, granted: bool) -> bool:
        workspace = await self.store.workspace(team_id)
        if workspace is None or workspace.enterprise_id not in _organisations(body):
            return False  # nothing is known of it, so nothing waits and nothing must go
        if granted:
            return await self._granted(team_id)
        at = number(body, "event_time") or self.clock.now()
        if not await self.store.revoke_access(team_id, workspace.enterprise_id, workspace.name, at):
            return False  # it has an installation of its own
        _log.warning("app_removed", installation=team_id, by=ACCESS_REVOKED)
        return True

    async def _granted(self, team_id: str) -> bool:
        if not await self.store.grant_access(team_id):
            return False
        _log.info("app_back", installation=team_id)
        return True

    async def readmitted(self, address: Address, event_time: float) -> Installation | None:
        """The installation of the organisation, if a later event came from a workspace that had lost its access.

        Slack sends events only of workspaces that the app may see, so that one shows that it may again.
        """
        lost = await self.store.installation(address.team_id) if address.whole else None
        if lost is None or lost.removed_for != ACCESS_REVOKED or event_time <= (lost.removed_at or 0.0):
            return None
        if lost.enterprise_id != address.enterprise_id or not await self._granted(address.team_id):
            return None
        return await self.store.installation_of(address.team_id)


def _teams(event: Json) -> list[str]:
    found = event.get("team_ids")
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _organisations(body: Json) -> set[str]:
    said = (text(body, "enterprise_id"), *(text(each, "enterprise_id") for each in rows(body, "authorizations")))
    return {each for each in said if each}
