"""The token of one workspace: its own installation's or that of its organisation, read again from time to time."""

import asyncio

from bot.domain.errors import Misconfigured, StoreError, Transient
from bot.ports.clock import Clock
from bot.ports.store import Installation, JobStore
from bot.slack.workspaces.accounts import NOT_INSTALLED, account_of
from bot.slack.workspaces.rotation import Rotation

REREAD_SECONDS = 60.0  # another process may have exchanged the token, or have learnt that the app was removed


class Credentials:
    """A `TokenSource` that asks the store."""

    def __init__(self, store: JobStore, clock: Clock, rotation: Rotation, team_id: str) -> None:
        self.account = account_of(team_id)
        self.team_id = team_id
        self._store = store
        self._clock = clock
        self._rotation = rotation
        self._known: Installation | None = None
        self._read_at = 0.0
        self._lock = asyncio.Lock()

    async def installation(self) -> Installation:
        """What the bot works with here. Raises `Misconfigured` where the app is not installed or its token is lost,
        `Transient`."""
        async with self._lock:
            try:
                await self._read()
                if self._known is not None and self._rotation.is_due(self._known):
                    self._known = await self._rotation.fresh(self._known, self.account)
            except StoreError as error:
                raise Transient(f"the workspace's token cannot be read: {error}") from error
            if self._known is None or not self._known.bot_token:
                self._known = None
                raise Misconfigured(self.account, NOT_INSTALLED)
            return self._known

    async def installed(self) -> Installation | None:
        """What the bot works with here, None where the app is not installed; asks nobody but the store. Raises
        `StoreError`."""
        await self._read()
        return self._known

    async def _read(self) -> None:
        now = self._clock.now()
        if self._known is None or not 0 <= now - self._read_at < REREAD_SECONDS:
            self._known, self._read_at = await self._store.installation_of(self.team_id), now

    def forget(self) -> None:
        """Something has changed: read it again at the next need."""
        self._known = None

    async def token(self) -> str:
        """The token that is good now. Raises as `installation`."""
        return (await self.installation()).bot_token

    async def team_for(self) -> str:
        """This workspace, if the token is that of its organisation."""
        return "" if (await self.installation()).team_id else self.team_id

    async def refused(self, token: str) -> bool:
        """Whether there is another token by now."""
        self.forget()
        try:
            return await self.token() != token
        except Misconfigured:
            return False
