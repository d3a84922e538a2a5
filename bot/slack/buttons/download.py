"""*Download*: a transcript as a file in its own thread, once for each format.

It goes into the thread and not into a direct message: who may read the thread may have the file, nobody else, and
Slack itself goes on holding that when people leave. It needs no further scope. A second press finds the first file.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from weakref import WeakValueDictionary

import structlog

from bot.domain.errors import Transient
from bot.domain.job import Job
from bot.domain.transcript import Transcript
from bot.ports.store import AuditAction, ChannelSettings, OutboxMessage, Phase
from bot.slack.api.client import SlackRefusal
from bot.slack.api.identity import Identity
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, child, person, text, value
from bot.slack.blockkit.text import escape_label
from bot.slack.buttons import texts as words
from bot.slack.buttons.common import Interactions
from bot.slack.context import SlackContext
from bot.slack.outbox_keys import ExportKey
from bot.slack.thread.posts import SOMEBODY_ELSE
from bot.slack.thread.render import Document, file_stem, source_of, title_of
from bot.slack.thread.uploads import Uploads
from bot.text.exports.formats import Format, available, export
from bot.text.exports.provenance import Provenance
from bot.text.speaker_names import named

TRIES = 4
_GONE = frozenset({"file_not_found", "file_deleted"})

_log = structlog.get_logger(__name__)


@dataclass
class Downloads:
    """Shares transcripts as files."""

    slack: SlackContext
    uploads: Uploads
    interactions: Interactions
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def pressed(self, me: Identity, body: Json) -> None:
        """A format was chosen in a reply's menu."""
        job_id, _, extension = value(body).partition(".")
        job = await self.interactions.job(me, body, job_id)
        said = await self.interactions.refusal(body, job)
        if not said and job is not None:
            said = await self._give(job, extension, person(body))
        if said:
            await self.interactions.say(body, said)

    async def _give(self, job: Job, extension: str, user_id: str) -> str:
        """Have the file in the thread; what is left to be said about it."""
        phrases, shown = await self.slack.users.phrases(user_id), extension.upper()
        transcript = await self.slack.store.transcript(job.id)
        if transcript is None:
            return phrases.say(words.GONE)
        if extension not in [each.value for each in available(transcript)]:
            return phrases.say(words.NO_SUCH_FORMAT).format(format=escape_label(shown))
        wanted = Format(extension)
        key = str(ExportKey(job.id, wanted.value, (await self.slack.store.speaker_names(job.id)).revision))
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:  # two presses at once are one file
            link, name = await self._link(await self.slack.store.outbox_message(key))
            if link:
                await self._note(job, wanted, user_id)
                return phrases.say(words.HERE_ALREADY).format(format=shown, link=link, name=escape_label(name))
            for _ in range(TRIES):
                try:
                    if await self._was_deleted(job, key):
                        return phrases.say(words.GONE)
                    shared = await self.share(job, transcript, wanted, key)
                    if await self._was_deleted(job, key):
                        return phrases.say(words.GONE)
                except Transient as error:
                    _log.info("download_postponed", job=job.id, detail=error.detail)
                    await self.slack.clock.sleep(min(error.after or 1.0, 30.0))
                except SlackRefusal as refusal:
                    _log.info("download_refused", job=job.id, code=refusal.code)
                    return phrases.say(words.FILES_REFUSED)
                else:
                    if not shared:
                        return phrases.say(words.FILES_REFUSED)
                    await self._note(job, wanted, user_id)
                    return ""
        return phrases.say(words.TRY_LATER)

    async def _was_deleted(self, job: Job, key: str) -> bool:
        """Whether the transcript was deleted since the press; then its file is taken away. Raises `StepError`s."""
        if await self.slack.store.transcript(job.id) is not None:
            return False
        row = await self.slack.store.outbox_message(key)
        if row is not None and row.is_there:
            await self.uploads.erase(row)
        return True

    async def _note(self, job: Job, wanted: Format, user_id: str) -> None:
        await self.slack.note(AuditAction.EXPORTED, user_id, "button", job, format=wanted.value)

    async def share(self, job: Job, transcript: Transcript, wanted: Format, key: str) -> bool:
        """Put the file into the thread, exactly once; False where files are refused. Raises as `Uploads.deliver`."""
        row = await self.slack.store.outbox_message(key)
        if row is not None and row.phase == Phase.GONE:  # deleted, or refused by a policy that may have changed
            begun = await self.slack.store.update_outbox(replace(row, phase=Phase.INTENT, file_id=""))
            if begun is None:
                raise Transient(SOMEBODY_ELSE, after=1.0)
        settings = await self.slack.store.channel_settings(job.origin.team_id, job.origin.channel_id)
        document = await asyncio.to_thread(_document, job, transcript, wanted, settings, await self._provenance(job))
        return await self.uploads.deliver(key, job.id, job.origin.channel_id, job.origin.thread_ts, document)

    async def _provenance(self, job: Job) -> Provenance:
        day = datetime.fromtimestamp(job.created_at, UTC).date().isoformat()
        service = self.slack.users.english.service(job.provider)
        return Provenance(source_of(job), day, await self.slack.users.name(job.origin.user_id), service)

    async def _link(self, row: OutboxMessage | None) -> tuple[str, str]:
        """Address and name of a file that is there; one that somebody deleted is made again."""
        if row is None or not row.is_there:
            return "", ""
        try:
            file = child(await self.slack.client.call(Method.FILE_INFO, file=row.file_id), "file")
        except SlackRefusal as refusal:
            if refusal.code not in _GONE:
                raise
            await self.slack.store.update_outbox(replace(row, phase=Phase.GONE))  # unless it was shared again meanwhile
            return "", ""
        return text(file, "permalink"), text(file, "name")


def _document(
    job: Job, transcript: Transcript, wanted: Format, settings: ChannelSettings, provenance: Provenance
) -> Document:
    whole = named(transcript)
    title = title_of(job, whole)
    content = export(
        whole,
        wanted,
        title=title,
        speakers=settings.speakers,
        timestamps=settings.timestamps,
        provenance=provenance,
    )
    name = f"{file_stem(job)}.{wanted.value}"
    return Document(name, name, content)
