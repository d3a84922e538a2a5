"""Turns Slack's events into committed rows before Slack is acknowledged.

Each method ends only when the store has committed, and raises `StoreError` when it could not; Bolt then answers 500
(or sends no acknowledgement), and Slack sends the event again. Nothing here calls Slack: what needs an answer of it
is kept in the inbox (`bot.slack.incoming.deferred`).

One upload raises `message` (with files: the truth) and `file_shared` (ids only: a second chance, in either order),
and each may come up to 11 times under new event ids (node-slack-sdk #2141). The unique key of a job is
(team, file, channel, thread root), so a repeat costs one read.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import structlog

from bot.domain.audio_guess import AudioGuess, guess_audio
from bot.domain.job import FINAL, Job, Origin
from bot.ports.clock import Clock
from bot.ports.store import JobStore, NewJob
from bot.slack.api.files import GONE_MODES, TEXT_MODES, facts_of
from bot.slack.api.identity import Identity
from bot.slack.api.payloads import Json, as_object, child, rows, text, truth
from bot.slack.job_control import restart
from bot.slack.people.direct import GROUP, DirectMessages

FILE_SHARED = "file_shared"
MENTION = "mention"
GREETING = "greeting"
DIRECT_HELP = "direct_help"
ON_REQUEST = "on_request"
WITHDRAW = "withdraw"  # what we posted of a recording that is deleted
SECOND_CHANCE_SECONDS = 8.0  # how long the `message` of an upload has before `file_shared` is followed up

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FileShare:
    """A message that carries files, wherever it was found: an event, a thread, a shortcut, the history."""

    channel_id: str
    message: Json
    is_direct: bool = False

    @property
    def ts(self) -> str:
        """The message's own time stamp."""
        return text(self.message, "ts")

    @property
    def root(self) -> str:
        """The thread that gets the reply: a thread reply's own `ts` is not a thread."""
        return text(self.message, "thread_ts") or self.ts


def candidates(message: Json, *, linked: bool = False) -> list[tuple[Json, AudioGuess]]:
    """The files of a message that may be audio, each once. A Slack Connect file may show its id only.

    A forwarded message lies in `attachments`, with its files (java-slack-sdk #495, #647). Slack shows a message that is
    only linked to in the same way, but without `is_share`; its files count where `linked` is true.
    """
    files = rows(message, "files")
    for attachment in rows(message, "attachments"):
        if truth(attachment, "is_share") or (linked and truth(attachment, "is_msg_unfurl")):
            files += rows(attachment, "files")
    found: dict[str, tuple[Json, AudioGuess]] = {}
    for file in files:
        if not text(file, "id") or text(file, "mode") in TEXT_MODES | GONE_MODES:
            continue
        expected_audio = guess_audio(facts_of(file))
        if expected_audio is not AudioGuess.NO:
            found.setdefault(text(file, "id"), (file, expected_audio))
    return list(found.values())


@dataclass
class Intake:
    """Commits what Slack reports.

    `notify` is called with a lane after each commit that gives it work, `on_deferred` after each deferred item.
    """

    store: JobStore
    direct: DirectMessages
    clock: Clock
    notify: Callable[[str], None]
    on_deferred: Callable[[], None]

    async def message(self, me: Identity, event: Json) -> None:
        """A `message` event of any subtype."""
        subtype = text(event, "subtype")
        if subtype == "message_deleted":
            previous = as_object(event.get("previous_message"))
            await self._deleted(me, text(event, "channel"), text(event, "deleted_ts"), text(previous, "user"))
        elif subtype == "message_changed":
            after = as_object(event.get("message"))
            if text(after, "subtype") == "tombstone":  # a deleted message that has replies
                await self._deleted(me, text(event, "channel"), text(after, "ts"), "")
        elif not me.wrote(event):
            kind, channel = text(event, "channel_type"), text(event, "channel")
            direct = kind == "im" or channel.startswith("D")
            if direct or kind == "mpim":
                await self.direct.heard(me, channel, text(event, "user") if direct else GROUP, text(event, "ts"))
            shared = FileShare(channel, event, direct)
            found = candidates(event, linked=direct)
            if found and await self.wanted(me, shared):
                await self.add(me, shared, event_id=text(event, "event_id"))
            elif direct and not found:
                await self._spoken_to(me, event)
            elif any(guess is AudioGuess.YES for _, guess in found) and text(event, "user"):
                facts = {"channel": channel, "ts": text(event, "ts"), "root": shared.root, "user": text(event, "user")}
                await self.defer(
                    ON_REQUEST, team_id=me.team_id, key=f"{me.team_id}:{channel}:{shared.ts}", ref=channel, facts=facts
                )

    async def _spoken_to(self, me: Identity, event: Json) -> None:
        """A direct message without a recording, outside the threads of transcripts: it is answered with what to do."""
        channel, ts, subtype = text(event, "channel"), text(event, "ts"), text(event, "subtype")
        if subtype not in ("", "file_share") or text(event, "thread_ts") or not text(event, "user"):
            return
        facts = {"channel": channel, "ts": ts, "files": bool(rows(event, "files")), "user": text(event, "user")}
        await self.defer(DIRECT_HELP, team_id=me.team_id, key=f"{me.team_id}:{channel}:{ts}", ref=channel, facts=facts)

    async def wanted(self, me: Identity, shared: FileShare) -> bool:
        """Whether this channel wants every recording transcribed, or this one by name."""
        said, mention = text(shared.message, "text"), f"<@{me.bot_user_id}"
        if shared.is_direct or f"{mention}>" in said or f"{mention}|" in said:
            return True
        return (await self.store.channel_settings(me.team_id, shared.channel_id)).automatic

    async def add(
        self,
        me: Identity,
        shared: FileShare,
        *,
        asked: bool = False,
        event_id: str = "",
    ) -> Sequence[tuple[Job, bool]]:
        """A job for each file of the message that may be audio; True beside those that are new.

        `asked`: a person pointed at this very message, so a refusal is said aloud, and files of messages that it links
        to count. What is sent to the bot directly is asked for.
        """
        asked = asked or shared.is_direct
        found = []
        for file, expected_audio in candidates(shared.message, linked=asked):
            origin = Origin(
                team_id=me.team_id,
                channel_id=shared.channel_id,
                thread_ts=shared.root,
                message_ts=shared.ts,
                file_id=text(file, "id"),
                user_id=text(shared.message, "user") or text(file, "user"),
                enterprise_id=me.enterprise_id,
            )
            new = NewJob(origin, facts_of(file), expected_audio=asked or expected_audio is AudioGuess.YES)
            job, made = await self.store.add_job(new, self.clock.now())
            _log.info("file_seen", job=job.id, new=made, event_id=event_id, channel=shared.channel_id)
            found.append((job, made))
            self.notify(job.lane)
        return found

    async def file_shared(self, me: Identity, event: Json) -> None:
        """A `file_shared` event: stored, and followed up only if no `message` comes."""
        user, file_id, channel = text(event, "user_id"), text(event, "file_id"), text(event, "channel_id")
        if not file_id or not channel or user == me.bot_user_id:
            return
        await self.defer(
            FILE_SHARED,
            team_id=me.team_id,
            key=f"{me.team_id}:{file_id}:{channel}",
            ref=file_id,
            facts={"file": file_id, "channel": channel, "user": user},
            wait=SECOND_CHANCE_SECONDS,
        )

    async def mention(self, me: Identity, event: Json) -> None:
        """An `app_mention`: its thread is searched for recordings."""
        channel, ts = text(event, "channel"), text(event, "ts")
        if not channel or not ts or me.wrote(event):
            return
        facts = {"channel": channel, "ts": ts, "root": text(event, "thread_ts") or ts, "user": text(event, "user")}
        await self.defer(MENTION, team_id=me.team_id, key=f"{me.team_id}:{channel}:{ts}", ref=channel, facts=facts)

    async def joined(self, me: Identity, event: Json) -> None:
        """A `member_joined_channel`: when it was us, the channel is greeted once."""
        channel = text(event, "channel")
        if channel and text(event, "user") == me.bot_user_id:
            await self.defer(
                GREETING, team_id=me.team_id, key=f"{me.team_id}:{channel}", ref=channel, facts={"channel": channel}
            )

    async def defer(
        self,
        kind: str,
        *,
        team_id: str,
        key: str,
        ref: str,
        facts: Mapping[str, object] = MappingProxyType({}),
        wait: float = 0.0,
    ) -> None:
        """Keep something to do in a workspace, at the earliest `wait` seconds from now."""
        now = self.clock.now()
        await self.store.put_inbox(kind, key, ref, json.dumps(dict(facts)).encode(), now, now + wait, team_id)
        self.on_deferred()

    async def defer_for_reply(self, kind: str, job: Job, key: str, **facts: str) -> None:
        """Keep something to do with what is posted of a job; such items of one job are done one after the other.

        Their reference is not the job's id: a purge of its content empties what waits under that, and so would end the
        very item that purges, before the reply in Slack is gone.
        """
        facts = {"job": job.id, **facts}
        await self.defer(kind, team_id=job.origin.team_id, key=key, ref=f"reply:{job.id}", facts=facts)

    async def file_deleted(self, me: Identity, event: Json) -> None:
        """A `file_deleted`: its jobs end, and what is stored of it is purged."""
        for job in await self.store.jobs_of_file(me.team_id, text(event, "file_id")):
            await self._drop(job)

    async def _deleted(self, me: Identity, channel: str, ts: str, user: str) -> None:
        if not channel or not ts or user == me.bot_user_id:
            return
        for job in await self.store.jobs_of_message(me.team_id, channel, ts):
            await self._drop(job)

    async def _drop(self, job: Job) -> None:
        await self.store.mark_deleted(job.id, self.clock.now())
        job = await self.store.job(job.id) or job  # it may have been answered a moment ago
        if job.state not in FINAL:
            self.notify(job.lane)
        elif (await self.store.channel_settings(job.origin.team_id, job.origin.channel_id)).delete_replies:
            await self.defer_for_reply(WITHDRAW, job, job.id)
        _log.info("file_deleted", job=job.id)

    async def shortcut(self, me: Identity, body: Json) -> Sequence[tuple[Job, bool]]:
        """The message shortcut: a job for each recording of that message, and failed ones again."""
        message = as_object(body.get("message"))
        shared = FileShare(text(child(body, "channel"), "id"), message)
        found = await self.add(me, shared, asked=True)
        return [(job if made else await self._retried(job), made) for job, made in found]

    async def on_request(self, me: Identity, channel: str, message: Json) -> Sequence[Job]:
        """*Transcribe* under the offer in a channel that wants to be asked: a job for each recording."""
        return [job for job, _ in await self.add(me, FileShare(channel, message), asked=True)]

    async def _retried(self, job: Job) -> Job:
        return await restart(self.store, job, self.clock.now(), self.notify) or job
