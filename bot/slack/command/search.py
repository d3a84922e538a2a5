"""`/transcribe search`: what was said, in the conversations that the asker is in at this moment."""

import asyncio
import json
from dataclasses import dataclass, field

from bot.domain.job import Job
from bot.domain.search import Term
from bot.domain.transcript import Transcript
from bot.ports.store import JobStore, SearchFilter
from bot.slack.api.identity import Identity
from bot.slack.api.payloads import Json, as_object, integer, text
from bot.slack.blockkit.blocks import Block, Message, Run, actions, button, context, quotation, section
from bot.slack.blockkit.text import clip, escape_label
from bot.slack.command import texts as words
from bot.slack.people.visibility import VisibleChannels
from bot.slack.texts import moment
from bot.slack.thread.render import title_of
from bot.text.durations import human, stamp
from bot.text.excerpts import Excerpt, excerpts
from bot.text.phrases import ENGLISH, Phrases
from bot.text.printable import printable
from bot.text.search import terms

SEARCH_OLDER = "search_older"
PAGE = 5
LONGEST = 300  # characters of what is looked for


@dataclass
class Searches:
    """Answers searches. Nothing is found where Slack does not say that the asker is."""

    store: JobStore
    _searching: set[str] = field(default_factory=set)  # users: opening sealed transcripts costs, so one search each

    async def page(
        self,
        me: Identity,
        visible: VisibleChannels,
        typed: str,
        before: int | None = None,
        phrases: Phrases = ENGLISH,
    ) -> Message:
        """The newest recordings in which all of it was said. Raises `StepError`s and `StoreError`s."""
        typed = clip(" ".join(typed.split()), LONGEST)
        wanted = terms(typed)
        if not wanted:
            said = phrases.say(words.NOTHING_TO_SEARCH)
            return Message(said, [section(said)])
        which = SearchFilter(me.team_id, wanted, tuple(sorted(visible.channels)), visible.user_id, PAGE, before)
        if visible.user_id in self._searching:
            said = phrases.say(words.STILL_SEARCHING)
            return Message(said, [section(said)])
        self._searching.add(visible.user_id)
        try:
            page = await self.store.search(which)
        finally:
            self._searching.discard(visible.user_id)
        shown = words.typed_words(typed)
        heading = phrases.say(words.FOUND).format(typed=shown)
        blocks: list[Block] = [section(f"*{heading}*")]
        for found in page.found:
            transcript = await self.store.transcript(found.job.id)
            if transcript is not None:  # else it was purged since
                blocks += await asyncio.to_thread(hit, me, found.job, transcript, wanted, phrases)
        if len(blocks) == 1:
            if page.next is None:
                said = phrases.say(words.FOUND_NO_MORE if before is not None else words.FOUND_NONE)
            else:
                said = phrases.say(words.FOUND_NONE_SO_FAR)
            said = said.format(typed=shown)
            blocks = [section(said), context(phrases.say(words.SEARCH_HINT))]
            heading = said
        if page.next is not None:
            label = phrases.say(words.OLDER if page.found else words.LOOK_FURTHER)
            value = json.dumps({"words": typed, "before": page.next}, ensure_ascii=False)
            blocks.append(actions("search", button(label, SEARCH_OLDER, value)))
        return Message(heading, blocks)


def turned(value: str) -> tuple[str, int | None]:
    """What a pressed button looks for, and from where on."""
    try:
        asked: Json = as_object(json.loads(value))
    except ValueError:
        asked = {}
    return text(asked, "words"), integer(asked, "before") or None


def hit(
    me: Identity, job: Job, transcript: Transcript, wanted: tuple[Term, ...], phrases: Phrases = ENGLISH
) -> list[Block]:
    """One recording that was found: its title as a link to the thread, where and when, and what was said."""
    origin = job.origin
    title = escape_label(clip(title_of(job, transcript), 150))
    link = me.link(origin.channel_id, origin.thread_ts)
    facts = [phrases.say(words.DIRECT_MESSAGE) if origin.channel_id.startswith("D") else f"<#{origin.channel_id}>"]
    facts.append(moment(job.created_at))
    if seconds := transcript.seconds or job.file.seconds:
        facts.append(human(seconds, phrases.units))
    facts.append(f"`{job.id}`")
    blocks = [section(f"*<{link}|{title}>*\n{'  ·  '.join(facts)}")]
    runs = [run for part in excerpts(transcript, wanted) for run in _runs(part)]
    if runs:
        blocks.append(quotation(runs))
    return blocks


def _runs(part: Excerpt) -> list[Run]:
    lead = [stamp(part.start)] if part.start is not None else []
    lead += [f"{' '.join(printable(part.speaker).split())}:"] if part.speaker else []
    runs = [Run(f"{' '.join(lead)} ")] if lead else []
    runs += [Run(printable(piece), bold) for piece, bold in part.pieces]
    return [*runs, Run("\n")]
