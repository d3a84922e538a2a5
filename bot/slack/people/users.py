"""People, as Slack describes them: the language they read, and whether they run the workspace."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from bot.domain.errors import StepError
from bot.ports.clock import Clock
from bot.slack.api.client import SlackClient, SlackRefusal
from bot.slack.api.identity import BotIdentity, Identity
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, child, integer, names, text, truth
from bot.text.languages import phrases_of
from bot.text.phrases import Phrases

LOCALE_WAIT_SECONDS = 0.4
LOCALE_SECONDS = 3600.0  # people change their language seldom; rights are asked for each time
_MOST_KNOWN = 10_000
_NOT_SHOWN = frozenset({"user_not_found", "user_not_visible"})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SlackUser:
    """What `users.info` says: a language tag (`es-LA`; "" when Slack keeps it), whether they run the workspace
    or are its guest, the name of their time zone ("Europe/Madrid"), how many seconds it is ahead of UTC now, and the
    name that Slack shows for them.

    `is_outsider`: they belong to another organisation (Slack Connect) and run nothing here, whatever Slack's flags say.
    """

    locale: str = ""
    is_admin: bool = False
    is_guest: bool = False
    zone: str = ""
    zone_seconds: int = 0
    is_outsider: bool = False
    name: str = ""


class Users:
    """Asks Slack about people. `language` is the operator's choice for every reply; "auto" follows the reader.

    `titles` are the names of the services that are set up, by key: phrases carry them.
    """

    def __init__(
        self,
        client: SlackClient,
        who: BotIdentity,
        clock: Clock,
        language: str = "auto",
        titles: Mapping[str, str] | None = None,
    ) -> None:
        self._client = client
        self._who = who
        self._clock = clock
        self._language = language
        self._titles = titles or {}
        self._locales: dict[str, tuple[str, float]] = {}
        self.english = self.phrases_in("en")

    async def ask(self, user_id: str) -> SlackUser:
        """The person as of now; somebody whom Slack does not show to the bot is an outsider. Raises `StepError`s."""
        try:
            answer = child(await self._client.call(Method.USER_INFO, user=user_id, include_locale=True), "user")
        except SlackRefusal as refusal:
            if refusal.code not in _NOT_SHOWN:
                raise
            answer = {"is_stranger": True}
        outsider = _is_outsider(answer, await self._who.me())
        admin = not outsider and any(truth(answer, right) for right in ("is_admin", "is_owner", "is_primary_owner"))
        guest = any(truth(answer, limit) for limit in ("is_restricted", "is_ultra_restricted"))
        zone = text(answer, "tz")
        profile = child(answer, "profile")
        name = text(profile, "real_name") or text(answer, "real_name") or text(profile, "display_name")
        seconds = integer(answer, "tz_offset")
        person = SlackUser(text(answer, "locale"), admin, guest, zone, seconds, outsider, name)
        if len(self._locales) > _MOST_KNOWN:
            self._locales.clear()
        self._locales[user_id] = (person.locale, self._clock.now())
        return person

    async def phrases(self, user_id: str) -> Phrases:
        """The phrases for what this person began; English when Slack does not say. Never raises for Slack's sake."""
        if self._language != "auto":
            return self.phrases_in(self._language)
        if not user_id.startswith(("U", "W")):
            return self.english
        locale, asked_at = self._locales.get(user_id, ("", 0.0))
        if 0 <= self._clock.now() - asked_at < LOCALE_SECONDS:
            return self.phrases_in(locale)
        try:
            return self.phrases_in((await self.ask(user_id)).locale)
        except StepError as error:
            _log.info("locale_unknown", detail=error.detail)
            self._locales[user_id] = (locale, self._clock.now() - LOCALE_SECONDS + 60)  # not again for a minute
            return self.phrases_in(locale)

    async def phrases_at_once(self, user_id: str) -> Phrases:
        """The same where Slack waits for an answer: as remembered if it is slow to say who reads what."""
        try:
            async with asyncio.timeout(LOCALE_WAIT_SECONDS):
                return await self.phrases(user_id)
        except TimeoutError:
            return self.phrases_known(user_id)

    def phrases_known(self, user_id: str) -> Phrases:
        """The phrases as remembered; English for a user who was not asked about."""
        return self.phrases_in(self._locales.get(user_id, ("", 0.0))[0] if self._language == "auto" else self._language)

    def phrases_in(self, locale: str) -> Phrases:
        """The phrases of a language tag, with the names of the services."""
        return replace(phrases_of(locale), titles=self._titles)

    async def name(self, user_id: str) -> str:
        """The name that Slack shows for a user, "" when it does not say. Never raises for Slack's sake."""
        if not user_id.startswith(("U", "W")):
            return ""
        try:
            return (await self.ask(user_id)).name
        except StepError as error:
            _log.info("name_unknown", detail=error.detail)
            return ""


def _is_outsider(user: Json, me: Identity) -> bool:
    """Whether a user object is of another organisation. In an Enterprise Grid all workspaces are one organisation."""
    if truth(user, "is_stranger"):
        return True
    team = text(user, "team_id")
    if team in ("", me.team_id):
        return False
    enterprise = child(user, "enterprise_user")
    shared = bool(me.enterprise_id) and text(enterprise, "enterprise_id") == me.enterprise_id
    return not shared and me.team_id not in names(enterprise, "teams")
