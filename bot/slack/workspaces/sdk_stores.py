"""slack-sdk's stores of installations and of states, over our own store: tokens sealed, states as hashes, used once."""

import hashlib
import logging
import secrets
from logging import Logger

from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store import Installation as SdkInstallation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.ports.clock import Clock
from bot.ports.store import Installation, Workspaces

STATE_SECONDS = 600.0  # from the click on the link to Slack's answer

_LOGGER = logging.getLogger("bot.slack.oauth")
_LOGGER.setLevel(logging.ERROR)


class _OverOurStore:
    """What both of slack-sdk's protocols ask for, and what answers them."""

    def __init__(self, store: Workspaces, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @property
    def logger(self) -> Logger:
        """The SDK's logger."""
        return _LOGGER


class StoredStates(_OverOurStore, AsyncOAuthStateStore):
    """States of installations under way. Only their hashes are stored."""

    async def async_issue(self, *_args: object, **_kwargs: object) -> str:
        """A new state, good for ten minutes. Raises `StoreError`."""
        state, now = secrets.token_urlsafe(32), self._clock.now()
        await self._store.add_oauth_state(_digest(state), now + STATE_SECONDS, now)
        return state

    async def async_consume(self, state: str) -> bool:
        """Whether the state is good; it is not any more afterwards. Raises `StoreError`."""
        return await self._store.use_oauth_state(_digest(state), self._clock.now())


class StoredInstallations(_OverOurStore, AsyncInstallationStore):
    """Installations of the bot. Tokens of people are not kept: the bot asks for none."""

    async def async_save(self, installation: SdkInstallation) -> None:
        """Store it, or what it became. Raises `StoreError`."""
        team_id = "" if installation.is_enterprise_install else installation.team_id or ""
        enterprise_id = installation.enterprise_id or ""
        name = installation.enterprise_name if installation.is_enterprise_install else installation.team_name
        expires_at = installation.bot_token_expires_at
        stored = Installation(
            id=team_id or enterprise_id,
            team_id=team_id,
            enterprise_id=enterprise_id,
            name=name or "",
            app_id=installation.app_id or "",
            bot_user_id=installation.bot_user_id or "",
            bot_id=installation.bot_id or "",
            scopes=tuple(installation.bot_scopes or ()),
            installed_by=installation.user_id or "",
            bot_token=installation.bot_token or "",
            refresh_token=installation.bot_refresh_token or "",
            expires_at=None if expires_at is None else float(expires_at),
        )
        await self._store.save_installation(stored, self._clock.now())

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """What the bot works with there; None where it is not installed. Raises `StoreError`."""
        found = await self._find(enterprise_id, team_id, is_enterprise_install)
        return None if found is None else bot_of(found)

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> SdkInstallation | None:
        """The same as the SDK's installation. Raises `StoreError`."""
        found = await self._find(enterprise_id, team_id, is_enterprise_install)
        if found is None:
            return None
        return SdkInstallation(
            app_id=found.app_id,
            enterprise_id=found.enterprise_id or None,
            team_id=found.team_id or None,
            bot_token=found.bot_token,
            bot_id=found.bot_id,
            bot_user_id=found.bot_user_id,
            bot_scopes=list(found.scopes),
            bot_refresh_token=found.refresh_token or None,
            bot_token_expires_at=None if found.expires_at is None else int(found.expires_at),
            user_id=found.installed_by,
            is_enterprise_install=not found.team_id,
            installed_at=found.installed_at,
        )

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """The app was removed there. Raises `StoreError`."""
        await self._store.remove_installation(team_id or enterprise_id or "", "deleted", self._clock.now())

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """The same; a workspace has one installation."""
        if user_id is None:
            await self.async_delete_bot(enterprise_id=enterprise_id, team_id=team_id)

    async def _find(self, enterprise_id: str | None, team_id: str | None, whole: bool | None) -> Installation | None:
        if whole or not team_id:
            found = await self._store.installation(enterprise_id or "")
            return found if found is not None and found.active else None
        return await self._store.installation_of(team_id)


def bot_of(installation: Installation) -> Bot:
    """An installation as the SDK's rotator wants it."""
    return Bot(
        app_id=installation.app_id,
        enterprise_id=installation.enterprise_id or None,
        team_id=installation.team_id or None,
        bot_token=installation.bot_token,
        bot_id=installation.bot_id,
        bot_user_id=installation.bot_user_id,
        bot_scopes=list(installation.scopes),
        bot_refresh_token=installation.refresh_token or None,
        bot_token_expires_at=None if installation.expires_at is None else int(installation.expires_at),
        is_enterprise_install=not installation.team_id,
        installed_at=installation.installed_at,
    )


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()
