"""*Transcribe again*: the same recording in another language, as another kind of recording or by another service.

Each version is a job of its own with its own reply; the first one stays. What was transcribed in just this way before
is pointed to, and what failed in just this way is tried again: neither is paid for twice.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.errors import StepError
from bot.domain.job import FINAL, Job, Options, State
from bot.ports.store import AuditAction, NewJob
from bot.slack.api.identity import Identity
from bot.slack.api.payloads import Json, child, person, text, value
from bot.slack.blockkit.blocks import Block, option, section, select
from bot.slack.blockkit.modals import entered, errors, facts_of, field, modal, notice
from bot.slack.buttons import texts as words
from bot.slack.buttons.common import Interactions
from bot.slack.context import SlackContext
from bot.slack.job_control import restart
from bot.slack.people.remembered import DECIDE_SECONDS
from bot.slack.settings.permissions import SettingsPermissions
from bot.slack.settings.services import Services
from bot.text.phrases import Phrases

AGAIN_VIEW = "transcribe_again"
SERVICE_ACTION = "again_service"
CHOICE = "choice"
NONE = "-"  # the option that leaves it to the service
SERVICE_BLOCK = "service"


@dataclass(frozen=True, slots=True)
class Choice:
    """How a recording is transcribed, with the defaults of the settings filled in, so that two ways can be compared."""

    provider: str
    language: str = ""
    recording_type: str = ""
    speakers: str = ""
    vocabulary: str = ""


@dataclass
class TranscribeAgain:
    """Opens the modal and starts what it asks for."""

    slack: SlackContext
    interactions: Interactions
    services: Services
    permissions: SettingsPermissions
    notify: Callable[[str], None]

    def way(self, provider: str, options: Options) -> Choice:
        """What these options come to."""
        offered = self.services.offered().get(provider)
        default = offered.default_options if offered else Options()
        language = options.language or default.language or ""
        return Choice(
            provider,
            language,
            options.recording_type or default.recording_type or "",
            options.speakers or default.speakers or "",
            options.vocabulary or "",
        )

    async def pressed(self, me: Identity, body: Json) -> None:
        """The button of a reply."""
        await self.interactions.open(body, words.AGAIN_TITLE, lambda: self._form(me, body))

    async def _form(self, me: Identity, body: Json) -> Block:
        job = await self.interactions.job(me, body, value(body))
        said = await self.interactions.refusal(body, job)
        phrases = await self.interactions.phrases(person(body))
        if said or job is None:
            return notice(phrases.say(words.AGAIN_TITLE), said, phrases.say(words.CLOSE))
        facts = {"job": job.id, "channel": job.origin.channel_id}
        return self.form(facts, self.way(job.provider, job.options), phrases)

    async def service_chosen(self, me: Identity, body: Json) -> None:
        """Another service in the open modal: its own languages are shown."""
        chosen = Choice(value(body))
        facts = facts_of(body)
        if chosen.provider in self.services.offered():
            phrases = await self.interactions.phrases_at_once(person(body))
            view = self.form(facts, self.way(chosen.provider, Options()), phrases)
            await self.interactions.fill(text(child(body, "view"), "id"), view)

    def form(self, facts: Json, way: Choice, phrases: Phrases) -> Block:
        """The modal with the choices of one service; `way` is what is chosen at first.

        Only services that the channel may use are offered; whether it may is asked again when it is submitted.
        """
        offers, say = self.services.offered(text(facts, "channel")), phrases.say
        provider = way.provider if way.provider in offers else next(iter(sorted(offers)), "")
        blocks = [section(say(words.AGAIN_INTRO))]
        services = {name: offers[name].title for name in sorted(offers)}
        chooser = _chooser(SERVICE_ACTION, say(words.SERVICE), services, provider)
        blocks.append({**field(SERVICE_BLOCK, say(words.SERVICE), chooser), "dispatch_action": True})
        capabilities = offers.get(provider)
        if capabilities is not None and capabilities.languages:
            default = {} if self.way(provider, Options()).language else {NONE: say(words.DETECTED)}
            languages = {**default, **capabilities.languages}
            chooser = _chooser(CHOICE, say(words.LANGUAGE), languages, way.language or NONE)
            blocks.append(field(_language_block(provider), say(words.LANGUAGE), chooser))
        if capabilities is not None and capabilities.recording_types:
            default = {} if self.way(provider, Options()).recording_type else {NONE: say(words.USUAL)}
            kinds = {**default, **capabilities.recording_types}
            chooser = _chooser(CHOICE, say(words.RECORDING), kinds, way.recording_type or NONE)
            blocks.append(field(_recording_block(provider), say(words.RECORDING), chooser))
        return modal(
            say(words.AGAIN_TITLE),
            blocks,
            callback_id=AGAIN_VIEW,
            close=say(words.CANCEL),
            submit=say(words.AGAIN_START),
            facts=facts,
        )

    async def submit(self, me: Identity, body: Json) -> Json | None:
        """The filled modal: the new job is committed before Slack hears so."""
        said = await self._begun(me, body)
        if not said:
            return None
        return errors({SERVICE_BLOCK: (await self.interactions.phrases_at_once(person(body))).say(said)})

    async def _begun(self, me: Identity, body: Json) -> str:
        """Begin what was asked for; why it is not begun, in English, or "". Raises `StoreError`."""
        job = await self.slack.store.job(text(facts_of(body), "job"))
        if job is None or job.origin.team_id != me.team_id:
            return words.NOT_MINE
        if said := await self.interactions.refusal_in_modal(person(body), job):
            return said
        provider = entered(body, SERVICE_BLOCK, SERVICE_ACTION)
        if provider not in self.services.offered():
            return words.NO_SERVICE
        if not self.services.allows(provider, job.origin.channel_id):
            return words.NOT_ALLOWED
        if said := await self._no_choice(person(body), job, provider):
            return said
        language = entered(body, _language_block(provider), CHOICE)
        recording = entered(body, _recording_block(provider), CHOICE)
        options = Options(_unless_none(language), _unless_none(recording))
        said = await self.start(job, provider, await self._as_set_up(job, provider, options))
        if not said:
            await self.slack.note(AuditAction.TRANSCRIBED_AGAIN, person(body), "modal", job, provider=provider)
        return said

    async def _as_set_up(self, job: Job, provider: str, options: Options) -> Options:
        """The options with the speakers and the vocabulary that the conversation has by now."""
        capabilities = self.services.offered()[provider]
        team, channel = job.origin.team_id, job.origin.channel_id
        settings = await self.slack.store.channel_settings(team, channel)
        vocabulary = (await self.slack.store.vocabulary(team, channel)).mark(capabilities.most_words > 0)
        speakers = (settings.speaker_detection or None) if capabilities.takes_speakers else None
        return replace(options, speakers=speakers, vocabulary=vocabulary)

    async def _no_choice(self, user_id: str, job: Job, provider: str) -> str:
        """Why the user may not send this recording to this service, or "".

        The service that has it already and that of the channel need no further right; any other one needs the right
        to change where the channel's recordings go.
        """
        settings = await self.slack.store.channel_settings(job.origin.team_id, job.origin.channel_id)
        if provider in (job.provider, self.services.effective(settings.provider)):
            return ""
        try:
            async with asyncio.timeout(DECIDE_SECONDS):
                right = await self.permissions.of(user_id, job.origin.channel_id)
        except (StepError, TimeoutError):
            return words.ONCE_MORE
        return "" if right.changes else words.OTHER_SERVICE

    async def start(self, job: Job, provider: str, options: Options) -> str:
        """Begin a version; why it is not begun, or "". Raises `StoreError`."""
        wanted = self.way(provider, options)
        while True:
            siblings = await self._siblings(job)
            for one in siblings:
                if self.way(one.provider, one.options) == wanted and (said := await self._again(one)) is not None:
                    return said
            version = max(one.origin.version for one in siblings) + 1
            new = NewJob(replace(job.origin, version=version), job.file, options, provider=provider)
            made, is_new = await self.slack.store.add_job(new, self.slack.now())
            if is_new:
                self.notify(made.lane)
                return ""
            # somebody began that version at the same moment: look again

    async def _siblings(self, job: Job) -> Sequence[Job]:
        """Every version of the recording in this thread."""
        place = (job.origin.channel_id, job.origin.thread_ts)
        everywhere = await self.slack.store.jobs_of_file(job.origin.team_id, job.origin.file_id)
        return [one for one in everywhere if (one.origin.channel_id, one.origin.thread_ts) == place]

    async def _again(self, job: Job) -> str | None:
        """A version that was asked for in just this way: what is said of it; None if it is of no use."""
        if job.state not in FINAL and job.state is not State.PARKED:
            return words.SAME_UNDER_WAY
        if job.state is State.DONE and await self.slack.store.transcript(job.id) is not None:
            return words.SAME_AS_DONE
        return "" if await restart(self.slack.store, job, self.slack.now(), self.notify) is not None else None


def _chooser(action_id: str, placeholder: str, choices: Mapping[str, str], chosen: str) -> Block:
    options = [option(name, key) for key, name in choices.items()]
    lead = 1 if next(iter(choices), "") == NONE else 0
    chosen_option = next((one for one in options if one["value"] == chosen), None)
    return select(placeholder, action_id, options, chosen_option, lead=lead)


def _language_block(provider: str) -> str:
    return f"language.{provider}"


def _recording_block(provider: str) -> str:
    return f"recording.{provider}"


def _unless_none(chosen: str) -> str | None:
    return None if chosen in ("", NONE) else chosen
