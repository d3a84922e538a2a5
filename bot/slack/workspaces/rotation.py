"""Tokens that end: exchanged by one process at a time, long before they end.

Slack voids the refresh token that was used (https://docs.slack.dev/authentication/using-token-rotation), so two
processes that exchanged at once would leave one of them, and the database, with a pair that is good for nothing. A
lease in the database keeps them apart, and the row is read again under it. While one exchanges, the others go on with
the token that is still good for two hours. An exchange that has begun ends, and is stored, whatever becomes of the job
that needed it; a pair that the database did not take is kept here until it does.
"""

import asyncio
import secrets
from contextlib import suppress

import aiohttp
import structlog
from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator

from bot.domain.errors import Misconfigured, StoreError, Transient
from bot.ports.clock import Clock
from bot.ports.store import Installation, JobStore
from bot.settings import Settings
from bot.slack.api.client import BUSY_ERRORS, MAYBE_DONE_ERRORS, RATE_ERRORS, SlackClient

BEFORE_SECONDS = 7200.0  # of the twelve hours that Slack gives a token
LEASE_SECONDS = 120.0  # longer than an exchange takes: a request of 30 s
AGAIN_SECONDS = 60.0  # after an exchange that failed
_PASSING = {"", *BUSY_ERRORS, *MAYBE_DONE_ERRORS, *RATE_ERRORS}
_OVER_SECONDS = 5.0  # a token that ends so soon is not used any more

_log = structlog.get_logger(__name__)


class Rotation:
    """Exchanges the tokens of installations."""

    def __init__(self, settings: Settings, store: JobStore, clock: Clock, client: SlackClient) -> None:
        self._store = store
        self._clock = clock
        self._failed_at: dict[str, float] = {}
        self._unstored: dict[str, Bot] = {}  # what Slack gave, by the refresh token that it voided
        self._under_way: set[asyncio.Task[Installation]] = set()
        self._rotator = AsyncTokenRotator(
            client_id=settings.slack_client_id,
            client_secret=settings.slack_client_secret.get_secret_value(),
            client=client.web_without_token(),
        )

    def is_due(self, installation: Installation) -> bool:
        """Whether the token ends soon."""
        ends = installation.expires_at
        return ends is not None and ends - self._clock.now() < BEFORE_SECONDS

    async def fresh(self, installation: Installation, account: str) -> Installation:
        """The installation with a token that is good for a while, if one is available.

        When the old one has ended: raises `Transient` while another process exchanges it or Slack cannot be reached,
        and `Misconfigured` (with `account`) where Slack refuses to exchange it. Raises `StoreError`.
        """
        now = self._clock.now()
        if not self._over(installation) and 0 <= now - self._failed_at.get(installation.id, -1e9) < AGAIN_SECONDS:
            return installation
        task, owner = f"rotate:{installation.id}", secrets.token_hex(8)
        if not await self._store.claim_task(task, owner, now, LEASE_SECONDS):
            current = await self._store.installation(installation.id) or installation
            if self._over(current):
                raise Transient("another process is exchanging the token", after=1.0)
            return current
        exchange = asyncio.create_task(self._under_lease(task, owner, installation, account), name=task)
        self._under_way.add(exchange)
        exchange.add_done_callback(self._ended)
        return await asyncio.shield(exchange)

    def _ended(self, exchange: asyncio.Task[Installation]) -> None:
        self._under_way.discard(exchange)
        if not exchange.cancelled():
            exchange.exception()  # who asked has it, or has left

    async def _under_lease(self, task: str, owner: str, installation: Installation, account: str) -> Installation:
        try:
            return await self._exchanged(installation, account)
        finally:
            with suppress(StoreError):  # it ends by itself
                await self._store.release_task(task, owner)

    async def _exchanged(self, installation: Installation, account: str) -> Installation:
        current = await self._store.installation(installation.id)
        if current is None or not current.active or not self.is_due(current):
            return current or installation
        try:
            # An end in the past: the SDK goes by its own clock, and the decision is made here.
            rotated = self._unstored.get(current.refresh_token) or await self._rotator.perform_bot_token_rotation(
                bot=_bot_of(current, expires_at=1)
            )
        except SlackTokenRotationError as error:
            code = str(error.api_error.response.get("error", ""))  # its own words quote the answer, with tokens in it
            return self._refused(current, code or "no reason", "" if code in _PASSING else account)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return self._refused(current, type(error).__name__)
        if rotated is None or not rotated.bot_token:
            return self._refused(current, "an answer without a token")
        ends = None if rotated.bot_token_expires_at is None else float(rotated.bot_token_expires_at)
        refresh = rotated.bot_refresh_token or current.refresh_token
        self._unstored[current.refresh_token] = rotated
        if await self._store.replace_tokens(current, rotated.bot_token, refresh, ends):
            _log.info("token_rotated", installation=current.id)
        self._unstored.pop(current.refresh_token, None)
        self._failed_at.pop(current.id, None)
        return await self._store.installation(current.id) or current

    def _refused(self, current: Installation, reason: str, account: str = "") -> Installation:
        """The old token as long as it is good. `account` is given where another try would be refused, too."""
        self._failed_at[current.id] = self._clock.now()
        _log.warning("token_not_rotated", installation=current.id, reason=reason)
        if not self._over(current):
            return current
        detail = f"the token has ended, and could not be exchanged: {reason}"
        if account:
            raise Misconfigured(account, f"{detail}; install the app there again")
        raise Transient(detail, after=AGAIN_SECONDS)

    def _over(self, installation: Installation) -> bool:
        return installation.expires_at is not None and installation.expires_at - self._clock.now() < _OVER_SECONDS


def _bot_of(installation: Installation, expires_at: int) -> Bot:
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
        bot_token_expires_at=expires_at,
        is_enterprise_install=not installation.team_id,
        installed_at=installation.installed_at,
    )
