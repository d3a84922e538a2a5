"""`/transcribe`: what its words do. Answers are ephemeral and show nothing the asker cannot see at that moment."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.errors import StepError, StoreError
from bot.domain.job import FINAL, Job, State
from bot.ports.store import AuditAction, JobFilter
from bot.slack import texts as words
from bot.slack.api.identity import Identity
from bot.slack.api.payloads import Json, action_id, person, place, text, value
from bot.slack.blockkit.blocks import Message, context, section
from bot.slack.blockkit.text import escape_label
from bot.slack.command import audit_log, lists, search
from bot.slack.command import texts as command_words
from bot.slack.command.audit_log import AUDIT_NEWEST, AUDIT_OLDER, AuditPages
from bot.slack.command.job_lines import listed, timeline
from bot.slack.command.lists import LIST_NEWEST, LIST_OLDER, LISTS, UNFINISHED, Lists
from bot.slack.command.search import Searches
from bot.slack.command.words import WordsCommand
from bot.slack.context import SlackContext
from bot.slack.job_control import restart, stop
from bot.slack.people.membership import Access
from bot.slack.people.visibility import Visibility, VisibleChannels
from bot.slack.settings import texts as settings_words
from bot.slack.settings.modal import SettingsModal
from bot.slack.thread.render import CANCEL_ONE_ACTION, answer, cancel_question, is_anothers
from bot.text.phrases import ENGLISH, Phrases
from bot.text.problems import DEPENDS_ON_FILE, sentence
from bot.text.search import terms

KNOWN = ("help", "status", "list", "retry", "cancel", "search", "settings", "words", "audit")
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """One use of the command: by whom, where, and what followed it."""

    user_id: str
    channel_id: str
    arguments: tuple[str, ...]
    typed: str = ""  # as it was typed, with the command's own word
    trigger_id: str = ""
    phrases: Phrases = ENGLISH  # of the user

    @property
    def job_id(self) -> str:
        """The job that was named, as people type it."""
        return self.arguments[1].strip("`<>").lower() if len(self.arguments) > 1 else ""

    @property
    def rest(self) -> str:
        """What follows the command's own word."""
        return self.typed.strip().partition(" ")[2].strip()


@dataclass
class Commands:
    """Answers the slash command, and the buttons that turn the pages of its answers."""

    slack: SlackContext
    access: Access
    visibility: Visibility
    settings: SettingsModal
    audit: AuditPages
    vocabulary: WordsCommand
    notify: Callable[[str], None]
    lists: Lists
    searches: Searches

    async def handle(self, body: Json) -> None:
        """Answer through the command's `response_url`."""
        typed = unescaped(text(body, "text"))
        phrases = await self.slack.users.phrases(text(body, "user_id"))
        asked = CommandRequest(
            text(body, "user_id"),
            text(body, "channel_id"),
            tuple(typed.split()),
            " ".join(typed.split()),
            text(body, "trigger_id"),
            phrases,
        )
        try:
            message = await self.answer(asked)
        except StoreError:
            message = answer(phrases.say(words.UNAVAILABLE))
        except StepError:
            message = answer(phrases.say(words.SLACK_ASKED))
        if message is not None:
            await self._respond(text(body, "response_url"), message, replace=False)

    async def answer(self, asked: CommandRequest) -> Message | None:
        """The answer; None when a modal gives it. Raises `StepError`s and `StoreError`s."""
        me = await self.slack.who.me()
        word = asked.arguments[0].lower() if asked.arguments else "help"
        match word:
            case "help":
                return help_message(asked.phrases)
            case "status":
                return await (self._timeline(me, asked) if asked.job_id else self._standing(me, asked))
            case "list":
                return await self._list(me, asked)
            case "retry":
                return await self._retry(me, asked)
            case "cancel":
                return await self._cancel(me, asked)
            case "search":
                visible = await self.visibility.of(asked.user_id, asked.channel_id)
                if terms(asked.rest):
                    await self._note(me, AuditAction.SEARCHED, visible, "command")
                return await self.searches.page(me, visible, asked.rest, phrases=asked.phrases)
            case "audit":
                return await self.audit.page(me, asked.user_id, asked.channel_id)
            case "words":
                return await self.vocabulary.answer(me, asked.user_id, asked.channel_id, asked.rest, asked.phrases)
            case "settings":
                where = asked.channel_id
                opened = await self.settings.open(me, asked.user_id, where, asked.trigger_id, here=where)
                return None if opened else answer(asked.phrases.say(settings_words.TOO_LATE))
        close = difflib.get_close_matches(word, KNOWN, n=1, cutoff=0.5)
        return answer(words.nearest(clean_word(word), close[0] if close else "", asked.phrases))

    async def turned(self, me: Identity, body: Json) -> None:
        """A button below a list, a search or the audit log: its page takes the place of the one before."""
        pressed = value(body)
        phrases = await self.slack.users.phrases(person(body))
        try:
            message = await self._turned(me, body, pressed, phrases)
        except StoreError:
            message = answer(phrases.say(words.UNAVAILABLE))
        except StepError:
            message = answer(phrases.say(words.SLACK_ASKED))
        await self._respond(text(body, "response_url"), message, replace=True)

    async def _turned(self, me: Identity, body: Json, pressed: str, phrases: Phrases) -> Message:
        if action_id(body) in (AUDIT_OLDER, AUDIT_NEWEST):
            return await self.audit.page(me, person(body), place(body), audit_log.turned(pressed))
        visible = await self.visibility.of(person(body), place(body))
        if action_id(body) in (LIST_OLDER, LIST_NEWEST):
            which, before, seen = lists.turned(pressed)
            await self._note(me, AuditAction.VIEWED, visible, "button", list=which)
            return await self.lists.page(me, visible, which, phrases, before, seen)
        await self._note(me, AuditAction.SEARCHED, visible, "button")
        typed, earlier = search.turned(pressed)
        return await self.searches.page(me, visible, typed, earlier, phrases)

    async def _note(self, me: Identity, action: AuditAction, by: VisibleChannels, origin: str, **facts: str) -> None:
        await self.slack.note(action, by.user_id, origin, None, team=me.team_id, channel=by.here, **facts)

    async def _respond(self, url: str, message: Message, *, replace: bool) -> None:
        said: dict[str, object] = {"response_type": "ephemeral", "text": message.text, "blocks": message.blocks}
        await self.slack.client.respond(url, {**said, "replace_original": True} if replace else said)

    async def _named(self, me: Identity, asked: CommandRequest) -> Job | None:
        job = await self.slack.store.job(asked.job_id)
        if job is None or job.origin.team_id != me.team_id:
            return None
        return job if await self.access.belongs(asked.user_id, job, asked.channel_id) else None

    def _unknown(self, asked: CommandRequest) -> Message:
        return answer(asked.phrases.say(words.NO_SUCH_JOB).format(job=clean_word(asked.job_id)))

    async def _timeline(self, me: Identity, asked: CommandRequest) -> Message:
        job = await self._named(me, asked)
        if job is None:
            return self._unknown(asked)
        ahead = await self.slack.store.count_ahead(job) if job.state in (State.RECEIVED, State.SUBMITTING) else 0
        return timeline(me, job, await self.slack.store.events(job.id), asked.phrases, ahead)

    async def _standing(self, me: Identity, asked: CommandRequest) -> Message:
        visible = await self.visibility.of(asked.user_id, asked.channel_id)
        running = JobFilter(me.team_id, user_id=asked.user_id, states=UNFINISHED)
        mine, more = await self.lists.some(visible, [running], None, _SHOWN)
        if mine:
            lines = await self.lists.lines(me, mine, asked.phrases)
            return listed(asked.phrases.say(words.UNDER_WAY), lines, more is not None, asked.phrases)
        last, _ = await self.lists.some(visible, [JobFilter(me.team_id, user_id=asked.user_id)], None, 3)
        if not last:
            return answer(asked.phrases.say(words.NOTHING_YET))
        lines = await self.lists.lines(me, last, asked.phrases)
        return listed(asked.phrases.say(words.NONE_UNDER_WAY), lines, False, asked.phrases)

    async def _list(self, me: Identity, asked: CommandRequest) -> Message:
        which = asked.arguments[1].lower() if len(asked.arguments) > 1 else "mine"
        if which not in LISTS:
            close = difflib.get_close_matches(which, LISTS, n=1, cutoff=0.4)
            known = f"list {close[0]}" if close else ""
            return answer(words.nearest(clean_word(f"list {which}"), known, asked.phrases))
        visible = await self.visibility.of(asked.user_id, asked.channel_id)
        await self._note(me, AuditAction.VIEWED, visible, "command", list=which)
        return await self.lists.page(me, visible, which, asked.phrases)

    async def _last(self, me: Identity, asked: CommandRequest, states: tuple[State, ...]) -> Job | None:
        """The newest of these of the user in this conversation; one that cannot be tried again only if all are such."""
        query = JobFilter(me.team_id, channel_ids=(asked.channel_id,), user_id=asked.user_id, states=states)
        found = await self.slack.store.jobs(query)
        return next((job for job in found if not _hopeless(job, asked.phrases)), next(iter(found), None))

    async def _retry(self, me: Identity, asked: CommandRequest) -> Message:
        if asked.job_id:
            job = await self._named(me, asked)
            if job is None:
                return self._unknown(asked)
        else:
            job = await self._last(me, asked, (State.FAILED, State.CANCELLED))
            if job is None:
                return answer(asked.phrases.say(words.NOTHING_TO_RETRY))
        say, name = asked.phrases.say, words.name_of(job, asked.phrases)
        if why := _hopeless(job, asked.phrases):
            return answer(say(words.RETRY_CANNOT_HELP).format(name=name, job=job.id, why=why))
        if await restart(self.slack.store, job, self.slack.now(), self.notify) is None:
            return answer(words.not_retried(me.link(job.origin.channel_id, job.origin.thread_ts), job, asked.phrases))
        await self.slack.note(AuditAction.RETRIED, asked.user_id, "command", job)
        return answer(say(words.RETRIED).format(name=name, job=job.id))

    async def _cancel(self, me: Identity, asked: CommandRequest) -> Message:
        if asked.job_id:
            job = await self._named(me, asked)
            if job is None:
                return self._unknown(asked)
        else:
            job = await self._last(me, asked, UNFINISHED)
            if job is None:
                return answer(asked.phrases.say(words.NOTHING_TO_CANCEL))
        say, name = asked.phrases.say, words.name_of(job, asked.phrases)
        if job.state not in FINAL and is_anothers(job, asked.user_id):
            return cancel_question([job], CANCEL_ONE_ACTION, asked.phrases)
        if await stop(self.slack.store, job, asked.user_id, self.slack.now(), self.notify):
            await self.slack.note(AuditAction.CANCELLED, asked.user_id, "command", job)
            return answer(say(words.CANCELLING).format(name=name, job=job.id))
        return answer(say(words.CANNOT_CANCEL).format(name=name, job=job.id))


def unescaped(typed: str) -> str:
    """What was typed, without the entities that Slack writes for three characters."""
    return typed.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def help_message(phrases: Phrases = ENGLISH) -> Message:
    """What the bot does and which words the command knows."""
    said = phrases.say(command_words.HELP)
    blocks = [section(said), section(command_words.commands_in(phrases)), context(phrases.say(command_words.JOB_IS))]
    return Message(said, blocks)


def _hopeless(job: Job, phrases: Phrases) -> str:
    """Why another try of the same file cannot help, or ""."""
    problem = job.problem if job.state is State.FAILED else None
    if problem is None or problem.code not in DEPENDS_ON_FILE:
        return ""
    return escape_label(sentence(problem, phrases))


def clean_word(word: str) -> str:
    """What a person typed, short and without marks, to be shown back in code style."""
    return "".join(c for c in word if c.isalnum() or c in " -_/")[:40] or "?"
