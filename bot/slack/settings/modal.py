"""`/transcribe settings`: the modal of a channel, opened at once, filled when Slack has told who may what."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, fields, replace

import structlog

from bot.domain.errors import StepError, StoreError
from bot.ports.store import AuditAction, ChannelSettings
from bot.slack.api.client import SlackRefusal
from bot.slack.api.identity import Identity
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, child, rows, text
from bot.slack.background import BackgroundTasks
from bot.slack.blockkit.blocks import Block
from bot.slack.blockkit.modals import errors, facts_of
from bot.slack.context import SlackContext
from bot.slack.people.remembered import DECIDE_SECONDS
from bot.slack.settings import form as forms
from bot.slack.settings import texts as words
from bot.slack.settings import vocabulary_fields, vocabulary_texts
from bot.slack.settings.permissions import SettingsPermissions
from bot.slack.settings.retention import Retention
from bot.slack.settings.services import Services
from bot.slack.settings.vocabulary import Vocabularies, VocabularyBusyError
from bot.slack.settings.vocabulary_fields import CHANNEL_WORDS, WORKSPACE_WORDS, EnteredList, VocabularyFields
from bot.text.phrases import Phrases

_log = structlog.get_logger(__name__)


@dataclass
class SettingsModal:
    """Opens, follows and saves. `on_saved` is called with who saved from their Home."""

    slack: SlackContext
    rights: SettingsPermissions
    services: Services
    vocabularies: Vocabularies
    background: BackgroundTasks
    on_saved: Callable[[Identity, str], Coroutine[None, None, None]]
    retention: Retention

    async def open(
        self, me: Identity, user_id: str, channel: str, trigger_id: str, home: bool = False, here: str = ""
    ) -> bool:
        """Open the modal; False when Slack would not, as it does 3 seconds after the act. Raises other `StepError`s.

        `here` is the conversation in which Slack says that the user acts, "" for the Home.
        """
        phrases = await self.slack.users.phrases_at_once(user_id)
        try:
            opened = await self.slack.client.call(Method.OPEN_VIEW, trigger_id=trigger_id, view=forms.waiting(phrases))
        except SlackRefusal as refusal:
            _log.info("modal_refused", code=refusal.code)
            return False
        view_id = text(child(opened, "view"), "id")
        try:
            view = await self._filled(me, user_id, channel, home, here, await self.slack.users.phrases(user_id))
        except StoreError:
            view = forms.refusal(phrases.say(words.STORE_SILENT), phrases)
        except StepError as error:
            _log.info("rights_unknown", detail=error.detail)
            view = forms.refusal(phrases.say(words.SLACK_SILENT), phrases)
        await self._update(view_id, view)
        return True

    async def _filled(self, me: Identity, user_id: str, channel: str, home: bool, here: str, phrases: Phrases) -> Block:
        right = await self.rights.of(user_id, channel, here)
        if not right.sees:
            return forms.refusal(right.said(phrases), phrases)
        settings = await self.slack.store.channel_settings(me.team_id, channel)
        why_not = "" if right.changes else right.said(phrases)
        admin = right.changes and await self.vocabularies.may_change_workspace(user_id)
        entries = VocabularyFields(await self.vocabularies.of(me, channel), admin)
        facts = {"channel": channel, "home": home, **entries.facts()}
        return forms.form(channel, settings, self.services, why_not, facts, self.retention, entries, phrases)

    async def _update(self, view_id: str, view: Block, view_hash: str = "") -> None:
        only = {"hash": view_hash} if view_hash else {}
        try:
            await self.slack.client.call(Method.UPDATE_VIEW, view_id=view_id, view=view, **only)
        except SlackRefusal as refusal:  # closed meanwhile, or changed by a later choice
            _log.info("modal_gone", code=refusal.code)

    async def pressed(self, me: Identity, body: Json) -> None:
        """*Settings* beside a channel on the Home."""
        channel = next((text(action, "value") for action in rows(body, "actions")), "")
        user = text(child(body, "user"), "id")
        if channel and user:
            await self.open(me, user, channel, text(body, "trigger_id"), home=True)

    async def service_chosen(self, me: Identity, body: Json) -> None:
        """Another service was chosen: the fields follow it, and keep what still means something."""
        facts = facts_of(body)
        channel, user = text(facts, "channel"), text(child(body, "user"), "id")
        if not (await self.rights.of(user, channel)).changes:  # what a modal brings back proves nothing
            return
        before = await self.slack.store.channel_settings(me.team_id, channel)
        chosen = forms.fitting(forms.read(body, before), self.services)
        view = child(body, "view")
        admin = WORKSPACE_WORDS in child(view, "state", "values")  # on saving it is asked again
        entries = VocabularyFields(await self.vocabularies.of(me, channel), admin)
        phrases = await self.slack.users.phrases_at_once(user)
        form = forms.form(channel, chosen, self.services, "", facts, self.retention, entries, phrases)
        await self._update(text(view, "id"), form, text(view, "hash"))

    def languages(self, body: Json) -> list[Json]:
        """What the chosen service offers for the letters typed."""
        return forms.languages(body, self.services, self.slack.users.phrases_known(text(child(body, "user"), "id")))

    async def submit(self, me: Identity, body: Json) -> Json | None:
        """*Save*: rights are asked for again, and it is stored before Slack hears of it. Raises `StoreError`s."""
        facts = facts_of(body)
        channel, user = text(facts, "channel"), text(child(body, "user"), "id")
        try:
            async with asyncio.timeout(DECIDE_SECONDS):
                right = await self.rights.of(user, channel)
                phrases = await self.slack.users.phrases_at_once(user)
                entries = await self._entered(body, facts, user, phrases)
        except (StepError, TimeoutError):
            return errors({forms.SHOW: self.slack.users.phrases_known(user).say(words.NOT_SAVED)})
        if not channel or not right.changes:
            why = right.said(phrases) or phrases.say(words.NOT_A_MEMBER)
            return {"response_action": "update", "view": forms.refusal(why, phrases)}
        before = await self.slack.store.channel_settings(me.team_id, channel)
        wanted = forms.read(body, before)
        if wrong := forms.fault(wanted, self.services, channel, self.retention, phrases):
            return errors(dict([wrong]))
        if isinstance(entries, tuple):
            return errors(dict([entries]))
        for each in entries:
            place = channel if each.block == CHANNEL_WORDS else ""
            try:
                await self.vocabularies.change(me, user, place, each.instead, "modal", each.seen)
            except VocabularyBusyError:
                return errors({each.block: phrases.say(vocabulary_texts.CHANGED_MEANWHILE)})
        changed = replace(forms.fitting(wanted, self.services), changed_by=user, changed_at=self.slack.now())
        await self.slack.store.put_channel_settings(me.team_id, channel, changed)
        await self.slack.note(
            AuditAction.SETTINGS_CHANGED,
            user,
            "modal",
            None,
            team=me.team_id,
            channel=channel,
            **_difference(before, changed),
        )
        _log.info("settings_changed", channel=channel, by=user)
        if facts.get("home") is True:
            self.background.spawn("home after settings", self.on_saved(me, user))
        return None

    async def _entered(
        self, body: Json, facts: Json, user: str, phrases: Phrases
    ) -> list[EnteredList] | tuple[str, str]:
        """The lists that were entered, that of the workspace only from its admins; or the block and what is wrong."""
        found = vocabulary_fields.read(body, facts, phrases)
        if isinstance(found, tuple) or not any(each.block == WORKSPACE_WORDS for each in found):
            return found
        if await self.vocabularies.may_change_workspace(user):
            return found
        return [each for each in found if each.block != WORKSPACE_WORDS]


def _difference(before: ChannelSettings, after: ChannelSettings) -> dict[str, str]:
    """What changed, as "old -> new" by the setting's name."""
    found = {}
    for each in fields(ChannelSettings):
        old, new = getattr(before, each.name), getattr(after, each.name)
        if old != new and each.name not in ("changed_by", "changed_at"):
            found[each.name] = f"{old} -> {new}"
    return found
