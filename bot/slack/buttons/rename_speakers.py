"""*Rename speakers*: a modal with a field for each speaker; what was posted follows, and one press undoes it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.job import Job
from bot.domain.transcript import Transcript
from bot.ports.store import AuditAction, SpeakerNames
from bot.slack.api.identity import Identity
from bot.slack.api.payloads import Json, integer, person, text, value
from bot.slack.background import BackgroundTasks
from bot.slack.blockkit.blocks import Block, button, context, section
from bot.slack.blockkit.modals import entered, errors, facts_of, field, line, modal, notice
from bot.slack.blockkit.text import clip
from bot.slack.buttons import texts as words
from bot.slack.buttons.common import Interactions
from bot.slack.buttons.reply_updates import REWRITE
from bot.slack.context import SlackContext
from bot.slack.incoming.intake import Intake
from bot.text.phrases import ENGLISH, Phrases
from bot.text.printable import printable

RENAME_VIEW = "rename_speakers"
UNDO_ACTION = "undo_rename"
NAME = "name"
LONGEST_NAME = 60
MOST_SPEAKERS = 40
SAMPLE = 120  # characters of what a speaker said, to tell who it is


@dataclass
class RenameSpeakers:
    """Opens the modal, takes it, and undoes it."""

    slack: SlackContext
    interactions: Interactions
    intake: Intake
    background: BackgroundTasks

    async def pressed(self, me: Identity, body: Json) -> None:
        """The button of a reply."""
        await self.interactions.open(body, words.RENAME_TITLE, lambda: self._form(me, body))

    async def _form(self, me: Identity, body: Json) -> Block:
        job = await self.interactions.job(me, body, value(body))
        said = await self.interactions.refusal(body, job)
        transcript = None if said or job is None else await self.slack.store.transcript(job.id)
        phrases = await self.interactions.phrases(person(body))
        if said or job is None or transcript is None or not transcript.speakers:
            said = said or phrases.say(words.GONE if transcript is None else words.NO_SPEAKERS)
            return notice(phrases.say(words.RENAME_TITLE), said, phrases.say(words.CLOSE))
        return form(job, transcript, await self.slack.store.speaker_names(job.id), phrases)

    async def submit(self, me: Identity, body: Json) -> Json | None:
        """The filled modal: names are committed before Slack hears so; the reply is rewritten by deferred work."""
        facts = facts_of(body)
        job = await self.slack.store.job(text(facts, "job"))
        transcript = None if job is None else await self.slack.store.transcript(job.id)
        if job is None or transcript is None or job.origin.team_id != me.team_id:
            return await self._fault(body, words.GONE)
        if said := await self.interactions.refusal_in_modal(person(body), job):
            return await self._fault(body, said)
        names, faults = read(transcript, body)
        if faults:
            say = (await self.interactions.phrases_at_once(person(body))).say
            return errors({block: say(said).format(limit=LONGEST_NAME) for block, said in faults.items()})
        speaker_names = await self.slack.store.speaker_names(job.id)
        names = {
            **{label: name for label, name in speaker_names.names.items() if label not in _asked(transcript)},
            **names,
        }
        if names == speaker_names.names:
            return None
        renamed = SpeakerNames(names, speaker_names.names, integer(facts, "revision") + 1)
        if not await self.slack.store.save_speaker_names(job.id, renamed):
            return await self._fault(body, words.RENAMED_MEANWHILE)
        await self.slack.note(AuditAction.RENAMED, person(body), "modal", job)
        await self._follow(job, renamed)
        self.background.spawn("rename answer", self._tell(person(body), job, renamed))
        return None

    async def _fault(self, body: Json, said: str) -> Json:
        """The answer that keeps the modal open, in the language of its user."""
        return errors({_block(0): (await self.interactions.phrases_at_once(person(body))).say(said)})

    async def _tell(self, user_id: str, job: Job, speaker_names: SpeakerNames) -> None:
        say = (await self.interactions.phrases(user_id)).say
        undo = button(say(words.UNDO), UNDO_ACTION, f"{job.id}.{speaker_names.revision}")
        await self.interactions.whisper(user_id, job, say(words.RENAMED), undo)

    async def _follow(self, job: Job, speaker_names: SpeakerNames) -> None:
        key = f"{job.id}:{speaker_names.revision}:{self.slack.now():.3f}"
        await self.intake.defer_for_reply(REWRITE, job, key)

    async def undo(self, me: Identity, body: Json) -> None:
        """The button under *renamed*: the names before come back, once."""
        job_id, _, revision = value(body).partition(".")
        job = await self.interactions.job(me, body, job_id)
        said = await self.interactions.refusal(body, job)
        if not said and job is not None:
            speaker_names = await self.slack.store.speaker_names(job.id)
            back = SpeakerNames(speaker_names.before, speaker_names.names, speaker_names.revision + 1)
            if str(speaker_names.revision) == revision and await self.slack.store.save_speaker_names(job.id, back):
                await self.slack.note(AuditAction.RENAMED, person(body), "button", job, undone="yes")
                await self._follow(job, back)
                said = words.RESTORED
            else:
                said = words.CHANGED_SINCE
            said = (await self.interactions.phrases(person(body))).say(said)
        await self.interactions.say(body, said)


def form(job: Job, transcript: Transcript, speaker_names: SpeakerNames, phrases: Phrases = ENGLISH) -> Block:
    """The modal for a transcript: labels as the provider gave them, names as they are now, and who says what."""
    asked = _asked(transcript)
    blocks = [section(phrases.say(words.RENAME_INTRO))]
    for index, label in enumerate(asked):
        element = line(NAME, speaker_names.names.get(label, ""), label, LONGEST_NAME)
        blocks.append(field(_block(index), label, element, hint=_sample(transcript, label), optional=True))
    if len(asked) < len(transcript.speakers):
        blocks.append(context(phrases.say(words.RENAME_MORE).format(count=len(asked))))
    return modal(
        phrases.say(words.RENAME_TITLE),
        blocks,
        callback_id=RENAME_VIEW,
        close=phrases.say(words.CANCEL),
        submit=phrases.say(words.RENAME_SAVE),
        facts={"job": job.id, "revision": speaker_names.revision},
    )


def read(transcript: Transcript, body: Json) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The names that were entered, by label (none for an empty field), and a sentence for each wrong field."""
    names: dict[str, str] = {}
    faults: dict[str, str] = {}
    for index, label in enumerate(_asked(transcript)):
        name = " ".join(printable(entered(body, _block(index), NAME)).replace("\ufffd", "").split())
        if len(name) > LONGEST_NAME:
            faults[_block(index)] = words.NAME_TOO_LONG
        elif name and not any(c.isalnum() for c in name):
            faults[_block(index)] = words.NAME_IN_ONE_LINE
        elif name and name != label:
            names[label] = name
    return names, faults


def _asked(transcript: Transcript) -> tuple[str, ...]:
    return transcript.speakers[:MOST_SPEAKERS]


def _block(index: int) -> str:
    return f"speaker.{index}"


def _sample(transcript: Transcript, label: str) -> str:
    """The longest of the first things that a speaker said."""
    said = [" ".join(part.text.split()) for part in transcript.segments if part.speaker == label][:5]
    best = max(said, key=len, default="")
    return words.SAYS.format(words=clip(best, SAMPLE)) if best else ""
