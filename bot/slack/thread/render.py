"""Every message of the bot, built from what it is about. Pure: no I/O, no clock; the limits are in `limits`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import PurePosixPath

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import Job, Outcome
from bot.domain.transcript import SpeechFinding, Transcript
from bot.slack import texts as words
from bot.slack.blockkit.blocks import (
    Block,
    Message,
    Run,
    actions,
    bullets,
    button,
    confirm,
    context,
    fits_header,
    header,
    literal,
    literals,
    option,
    overflow,
    section,
    select,
)
from bot.slack.blockkit.blocks import words as words_block
from bot.slack.blockkit.limits import BLOCKS_BUDGET, MESSAGE_BLOCKS, SECTION, weight, weight_of
from bot.slack.blockkit.text import clip, escape_label, split
from bot.slack.thread.transcript_blocks import DisplayOptions, as_blocks, as_text, folded
from bot.text.durations import human, stamp
from bot.text.exports.formats import available
from bot.text.highlights import starts
from bot.text.paragraphs import paragraphs
from bot.text.phrases import ENGLISH, Phrases
from bot.text.printable import printable
from bot.text.problems import DEPENDS_ON_FILE, sentence
from bot.text.sentences import words as spoken_words
from bot.text.speaker_names import named

RETRY_ACTION = "retry_job"
CANCEL_ACTION = "cancel_message"
CANCEL_SURELY_ACTION = "cancel_message_surely"
CANCEL_ONE_ACTION = "cancel_one"
LET_GO_ON_ACTION = "let_go_on"
DOWNLOAD_ACTION = "download_transcript"
RENAME_ACTION = "rename_speakers"
AGAIN_ACTION = "transcribe_again"
DELETE_ACTION = "delete_transcript"
MENU_ACTION = "reply_menu"
DOWNLOAD_CHOICE = "download"
DELETE_CHOICE = "delete"
CLIP_WORDS = 60  # fewer are shown without a heading, with a menu in place of buttons
SUMMARY_WEIGHT = 2_600
HIGHLIGHT_WEIGHT = 600
HIGHLIGHTS = 8
PART_WEIGHT = 11_500  # of one message when no file may be uploaded


_CLIPS = frozenset({"slack_audio", "slack_video"})  # recorded in Slack: their names say nothing


@dataclass(frozen=True, slots=True)
class Who:
    """The names of the users that a reply speaks of; "" where Slack does not say."""

    shared: str = ""
    cancelled: str = ""


NOBODY = Who()


@dataclass(frozen=True, slots=True)
class Document:
    """A file that belongs to a reply."""

    name: str
    title: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """The one answer to a job."""

    message: Message
    document: Document | None = None


def reply(
    job: Job,
    transcript: Transcript | None,
    display: DisplayOptions,
    block_id: str,
    now: float,
    phrases: Phrases = ENGLISH,
    who: Who = NOBODY,
) -> Reply:
    """The answer to a job that is replying. `now` (Unix seconds) is for how long it took."""
    if job.outcome is Outcome.TRANSCRIPT and transcript is not None:
        if transcript.is_empty:
            again = button(phrases.again, AGAIN_ACTION, job.id)
            unclear = transcript.finding is SpeechFinding.UNCLEAR
            return Reply(_note(job, phrases.speech_unclear if unclear else phrases.no_speech, block_id, again))
        return _transcript(job, transcript, display, block_id, now, phrases, who)
    retry = button(phrases.try_again, RETRY_ACTION, job.id)
    if job.outcome is Outcome.DELETED:
        return Reply(_note(job, phrases.file_deleted, block_id))
    if job.outcome is Outcome.CANCELLED:
        said = phrases.cancelled_by.format(user=who.cancelled) if who.cancelled else phrases.cancelled
        return Reply(_note(job, said, block_id, retry))
    if job.outcome is Outcome.TRANSCRIPT:  # it was purged in the meantime
        problem = Problem(ProblemCode.TRANSCRIPT_GONE)
    else:
        problem = job.problem or Problem(ProblemCode.PROVIDER_FAILED, {"provider": job.provider})
    said = sentence(problem, phrases)
    return Reply(_note(job, said, block_id, None if problem.code in DEPENDS_ON_FILE else retry))


def short_reply(
    job: Job,
    transcript: Transcript,
    display: DisplayOptions,
    block_id: str,
    now: float,
    phrases: Phrases = ENGLISH,
    who: Who = NOBODY,
) -> Reply:
    """The least that answers: heading, facts, everything else in the file. For when Slack counts otherwise.

    It keeps a rich text: Slack does not let an edit replace one by none (`block_mismatch`).
    """
    transcript = named(transcript)
    title = title_of(job, transcript, phrases, who)
    facts = _facts(job, transcript, now, phrases, who, title)
    row = _buttons(job, transcript, block_id, phrases)
    blocks = [header(title, block_id), context(_line(facts)), literal([Run(phrases.file_follows)]), row]
    document = _document(job, title, as_text(transcript, title, display, phrases, _plain_line(facts)))
    return Reply(Message(_label(title, phrases), blocks), document)


def erased(job: Job, block_id: str, by: str, now: float, phrases: Phrases = ENGLISH) -> Message:
    """What is left of a reply that somebody deleted: one line, and who it was (an edit notifies nobody)."""
    note = _note(job, phrases.erased, block_id)
    return Message(note.text, [*note.blocks, context(f"<@{by}>  ·  {words.moment(now)}")])


def title_of(job: Job, transcript: Transcript | None, phrases: Phrases = ENGLISH, who: Who = NOBODY) -> str:
    """How a result is headed: its title, else what the recording is called."""
    title = " ".join((transcript.title or "").split()) if transcript else ""
    return title if printable(title).strip() else source_of(job, phrases, who)


def is_nameless(job: Job) -> bool:
    """Whether the recording was made in Slack, which gives all clips the same name."""
    return job.file.subtype in _CLIPS


def source_of(job: Job, phrases: Phrases = ENGLISH, who: Who = NOBODY) -> str:
    """What a recording is called: its file's name. Clips made in Slack all have one name: their author tells more."""
    if is_nameless(job):
        return phrases.clip_from.format(user=who.shared) if who.shared else phrases.clip
    return " ".join(printable(job.file.name).split()) or phrases.transcript


def _label(title: str, phrases: Phrases) -> str:
    """What notifications show of a reply."""
    return escape_label(phrases.of.format(title=clip(title, 200)))


def _buttons(job: Job, transcript: Transcript, block_id: str, phrases: Phrases) -> Block:
    """What a person can do with a transcript; a format that it cannot honestly give is not offered."""
    formats = [option(each.value.upper(), f"{job.id}.{each.value}") for each in available(transcript)]
    asks = confirm(phrases.delete_title, phrases.delete_text, phrases.delete, phrases.keep)
    row = [select(phrases.download, DOWNLOAD_ACTION, formats)]
    if transcript.speakers:
        row.append(button(phrases.rename, RENAME_ACTION, job.id))
    row.append(button(phrases.again, AGAIN_ACTION, job.id))
    row.append(button(phrases.delete, DELETE_ACTION, job.id, asks=asks))
    return actions(f"actions.{block_id}", *row)


def tried(message: Message, count: int, now: float, phrases: Phrases) -> Message:
    """A failure with how often it was tried, for the message of the first try, which each further failure edits."""
    note = context(phrases.tries.format(count=count, moment=words.moment(now)))
    return Message(message.text, [message.blocks[0], note, *message.blocks[1:]])


def _note(job: Job, said: str, block_id: str, act: Block | None = None) -> Message:
    name = clip(" ".join(printable(job.file.name).split()), 120)
    runs = [Run(f"{name}\n", bold=True), Run(said)] if name else [Run(said)]
    blocks = [literal(runs, block_id)]
    if act is not None:
        blocks.append(actions(f"actions.{block_id}", act))
    return Message(escape_label(f"{name}: {said}" if name else said), blocks)


def _menu(job: Job, transcript: Transcript, phrases: Phrases) -> Block:
    """The same as `_buttons` behind a "..."; each choice that needs one opens a window."""
    options = [option(f"{phrases.download} …", f"{DOWNLOAD_CHOICE}.{job.id}")]
    if transcript.speakers:
        options.append(option(phrases.rename, f"{RENAME_ACTION}.{job.id}"))
    options.append(option(phrases.again, f"{AGAIN_ACTION}.{job.id}"))
    options.append(option(f"{phrases.delete} …", f"{DELETE_CHOICE}.{job.id}"))
    return overflow(MENU_ACTION, options)


def _is_clip(transcript: Transcript) -> bool:
    """Whether the words alone are the best reply: there are few, of one speaker, and nothing else is known."""
    if transcript.summary or transcript.highlights or len(transcript.speakers) > 1:
        return False
    said = " ".join(transcript.text.split())
    title = " ".join((transcript.title or "").split()).rstrip("….")
    few = len(spoken_words(said)) < CLIP_WORDS and weight(said) < SECTION - 200
    return few and printable(said) == said and title.casefold() in said.casefold()


def _transcript(
    job: Job,
    transcript: Transcript,
    display: DisplayOptions,
    block_id: str,
    now: float,
    phrases: Phrases,
    who: Who,
) -> Reply:
    at = starts(transcript)
    transcript = named(transcript)
    if _is_clip(transcript):
        said = "\n".join(part.text for part in paragraphs(transcript, phrases.unclear_part))
        facts = _facts(job, transcript, job.created_at, phrases, who, "")
        blocks = [words_block(said, block_id, _menu(job, transcript, phrases)), context(_line(facts))]
        return Reply(Message(escape_label(clip(said, 300)), blocks))
    title = title_of(job, transcript, phrases, who)
    facts = _facts(job, transcript, now, phrases, who, title)
    text = as_text(transcript, title, display, phrases, _plain_line(facts))
    whole = fits_header(title) and printable(text) == text  # whether the message alone can hold every character
    head: list[Block] = [header(title, block_id), context(_line(facts))]
    if summary := (transcript.summary or "").strip():
        whole = whole and weight(summary) <= SUMMARY_WEIGHT
        said = clip(printable(summary), SUMMARY_WEIGHT, weight)
        head.append(literal([Run(f"{phrases.summary}\n", bold=True), Run(said)]))
    elif transcript.highlights:
        shown = [clip(printable(item), HIGHLIGHT_WEIGHT, weight) for item in transcript.highlights[:HIGHLIGHTS]]
        whole = whole and shown == list(transcript.highlights)
        times = at if display.times else ()
        items = [_highlight(item, time) for item, time in zip_longest(shown, times[: len(shown)]) if item.strip()]
        head.append(bullets(phrases.highlights, items))
    row = _buttons(job, transcript, block_id, phrases)
    label = _label(title, phrases)
    if len(text) <= BLOCKS_BUDGET:
        note = [] if whole else [context(phrases.file_also)]
        inline = [*head, *as_blocks(transcript, display, phrases), *note, row]
        if weight_of(inline) <= BLOCKS_BUDGET and len(inline) <= MESSAGE_BLOCKS:
            # Folded only below a summary or highlights, and never where the plain form would need a file.
            if display.fold and len(head) > 2 and (fold := folded(transcript, display, phrases)) is not None:
                shorter = [*head, fold, *note, row]
                inline = shorter if weight_of(shorter) <= BLOCKS_BUDGET else inline
            return Reply(Message(label, inline), None if whole else _document(job, title, text))
    short = [*head, literal([Run(phrases.file_follows)]), row]
    return Reply(Message(label, short), _document(job, title, text))


def _highlight(said: str, at: float | None) -> list[Run]:
    return [Run(said)] if at is None else [Run(stamp(at).strip("[]"), code=True), Run(f" {said}")]


def _facts(job: Job, transcript: Transcript, now: float, phrases: Phrases, who: Who, title: str) -> list[str]:
    """What is known of a transcript beside its words, the recording's name first where it is not the heading."""
    source = source_of(job, phrases, who)
    facts = [clip(source, 120)] if source != title else []
    if job.origin.version > 1:
        facts.append(phrases.version.format(number=job.origin.version))
    if seconds := transcript.seconds or job.file.seconds:
        facts.append(human(seconds, phrases.units))
    if transcript.finding is SpeechFinding.LANGUAGE_UNSURE and transcript.language:
        facts.append(phrases.language_unsure.format(language=clip(phrases.language(transcript.language), 40)))
    elif languages := transcript.languages:
        facts.append(", ".join(clip(phrases.language(tag), 40) for tag in languages[:4]))
    if unclear := transcript.unclear_seconds:
        facts.append(phrases.unclear_share.format(time=human(unclear, phrases.units)))
    if len(transcript.speakers) > 1:
        facts.append(phrases.speakers.format(count=len(transcript.speakers)))
    facts.append(phrases.by.format(provider=clip(phrases.service(transcript.provider or job.provider), 60)))
    if (took := now - job.created_at) >= 1:
        facts.append(phrases.took.format(time=human(took, phrases.units)))
    return facts


def _line(facts: Sequence[str]) -> str:
    return "  ·  ".join(escape_label(fact) for fact in facts)


def _plain_line(facts: Sequence[str]) -> str:
    return " · ".join(" ".join(printable(fact).split()) for fact in facts)


def file_stem(job: Job) -> str:
    """The recording's name without its extension, for the files made of it: players pair subtitles by it."""
    name = " ".join(printable(job.file.name).replace("\\", "/").split())
    return PurePosixPath(name).stem[:80].strip(" .") or "recording"


def _document(job: Job, title: str, text: str) -> Document:
    return Document(f"{file_stem(job)}.txt", clip(title, 200), text.encode("utf-8", "replace"))


def parts(document: Document, phrases: Phrases = ENGLISH) -> list[Message]:
    """The messages that stand in for a file where files are refused."""
    pieces = split(printable(document.content.decode("utf-8", "replace")), PART_WEIGHT)
    found = []
    for number, piece in enumerate(pieces, start=1):
        label = phrases.part.format(part=number, parts=len(pieces))
        found.append(Message(label, [context(label), *literals([Run(piece)])]))
    return found


def marked(message: Message, block_id: str) -> Message:
    """The message with `block_id` on its first block, so that it can be found again."""
    first, *rest = message.blocks
    return Message(message.text, [{**first, "block_id": block_id}, *rest])


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job of a message, with what is known of its turn."""

    job: Job
    ahead: int = 0
    seconds_left: float | None = None


def status(job_statuses: Sequence[JobStatus], cancel_value: str, phrases: Phrases = ENGLISH) -> Message:
    """The one status line of a message with recordings, all of them unfinished or some.

    Of a file that is transcribed again only the newest version counts.
    """
    job_statuses = list({each.job.origin.file_id: each for each in sorted(job_statuses, key=_version)}.values())
    unfinished = [each for each in job_statuses if each.job.finished_at is None]
    if len(job_statuses) == 1:
        only = job_statuses[0]
        name = escape_label(clip(only.job.file.name, 120))
        doing = words.stage(only.job, only.ahead, only.seconds_left, phrases)
        line = f"*{name}*: {doing}" if name else doing[:1].upper() + doing[1:]
    else:
        counts: dict[str, int] = {}
        for each in job_statuses:
            what = words.brief(each.job, phrases)
            counts[what] = counts.get(what, 0) + 1
        line = words.batch(counts, phrases)
    cancel = button(phrases.cancel if len(unfinished) < 2 else phrases.cancel_all, CANCEL_ACTION, cancel_value)
    return Message(line, [section(f"{words.RUNNING_ICON} {line}", accessory=cancel)])


def _version(job_status: JobStatus) -> int:
    return job_status.job.origin.version


def greeting(days: int = 0) -> Message:
    """What a channel reads when the bot joins it; `days` is how long its transcripts are kept, 0: without end."""
    said = words.GREETING
    if days:
        said = f"{said} {words.GREETING_KEPT.format(days='1 day' if days == 1 else f'{days} days')}"
    return Message(said, [section(said)])


def is_anothers(job: Job, user_id: str) -> bool:
    """Whether another person shared the recording; one that an app shared is nobody's."""
    return job.origin.user_id.startswith(("U", "W")) and job.origin.user_id != user_id


def cancel_question(jobs: Sequence[Job], action_id: str, phrases: Phrases = ENGLISH) -> Message:
    """What is asked before somebody cancels another person's recordings, with the answers as buttons."""
    first, user = jobs[0], f"<@{jobs[0].origin.user_id}>"
    if len(jobs) > 1:
        said = phrases.say(words.CANCEL_ANOTHERS_ALL).format(count=len(jobs), user=user)
    else:
        name = words.name_of(first, phrases)
        said = phrases.say(words.CANCEL_ANOTHERS).format(name=name, job=first.id, user=user)
    yes = button(phrases.say(words.CANCEL_IT), action_id, first.id, style="danger")
    no = button(phrases.say(words.LET_IT_GO_ON), LET_GO_ON_ACTION, first.id)
    return Message(said, [section(said), actions("cancel", yes, no)])


def answer(text: str) -> Message:
    """An ephemeral answer of one paragraph."""
    return Message(text, [section(text)])
