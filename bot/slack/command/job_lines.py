"""Jobs as lines and as a timeline, for ephemeral answers. Pure."""

from collections.abc import Mapping, Sequence

from bot.domain.job import Job, State
from bot.domain.transcript import Transcript
from bot.ports.store import JobEvent
from bot.slack import texts as words
from bot.slack.api.identity import Identity
from bot.slack.blockkit.blocks import Block, Message, context, section, units
from bot.slack.blockkit.limits import SECTION
from bot.slack.blockkit.text import clip, escape_label
from bot.slack.command.texts import EARLIER, NOW, OPEN, line_of
from bot.slack.thread.render import is_nameless
from bot.text.durations import human
from bot.text.phrases import ENGLISH, Phrases
from bot.text.problems import sentence
from bot.text.speaker_names import named

NONE: Mapping[str, Transcript] = {}
ROOM = SECTION - 200


def job_line(me: Identity, job: Job, transcript: Transcript | None = None, phrases: Phrases = ENGLISH) -> str:
    """One job: icon, title, state with its reason, when, a link to its thread, its id.

    A recording without a title is called by its file; clips made in Slack have all one name, so their first words stand
    for them.
    """
    icon = words.ICONS.get(job.state, words.RUNNING_ICON)
    length = f", {human(job.file.seconds, phrases.units)}" if job.file.seconds else ""
    link = me.link(job.origin.channel_id, job.origin.thread_ts)
    state = phrases.say(words.STATES[job.state])
    if transcript is not None and (found := transcript.finding) in words.FINDINGS:
        icon, state = words.FINDING_ICONS[found], phrases.say(words.FINDINGS[found])
    if job.state is State.FAILED and job.problem is not None:
        why = sentence(job.problem, phrases).partition(". ")[0].rstrip(".")
        state = f"{state} ({escape_label(clip(why, 120))})"
    called = _called(job, transcript, phrases)
    if called != words.name_of(job, phrases) and not is_nameless(job):
        length = f" ({words.name_of(job, phrases)}){length}"
    opened = f"<{link}|{phrases.say(OPEN)}>"
    return f"{icon} *{called}*{length}: {state}, {words.moment(job.created_at)}, {opened}, `{job.id}`"


def _called(job: Job, transcript: Transcript | None, phrases: Phrases) -> str:
    title = " ".join((named(transcript).title or "").split()) if transcript is not None else ""
    if title:
        return escape_label(clip(title, 80))
    if transcript is not None and is_nameless(job) and not transcript.is_empty:
        return f"“{escape_label(clip(' '.join(transcript.text.split()), 60))}”"
    return words.name_of(job, phrases)


def job_lines(
    me: Identity, jobs: Sequence[Job], transcripts: Mapping[str, Transcript] = NONE, phrases: Phrases = ENGLISH
) -> list[str]:
    """A line for each job, in the order given; `transcripts` by job, for their titles."""
    return [job_line(me, job, transcripts.get(job.id), phrases) for job in jobs]


def listed(heading: str, lines: Sequence[str], more: bool, phrases: Phrases = ENGLISH) -> Message:
    """A list with its heading; it may take several sections."""
    blocks = [section(f"*{heading}*"), *sections(lines)]
    if more:
        blocks.append(context(phrases.say(words.MORE_LISTED).format(count=len(lines))))
    return Message(heading, blocks)


def timeline(me: Identity, job: Job, events: Sequence[JobEvent], phrases: Phrases = ENGLISH, ahead: int = 0) -> Message:
    """The state of a job and its steps so far, newest last; no content."""
    head = job_line(me, job, phrases=phrases)
    stage = words.stage(job, ahead, phrases=phrases)
    said = [(event.at, line_of(event, phrases)) for event in events if event.cause]
    lines = [f"{words.moment(at, seconds=True)}  {line}" for at, line in said if line]
    left_out = max(0, len(lines) - 30)
    blocks = [section(head)]
    if job.finished_at is None:
        blocks.append(context(phrases.say(NOW).format(stage=stage)))
    if left_out:
        blocks.append(context(phrases.say(EARLIER).format(count=left_out)))
    return Message(f"{job.id}: {phrases.say(words.STATES[job.state])}", [*blocks, *sections(lines[left_out:])])


def sections(lines: Sequence[str]) -> list[Block]:
    """The lines as few paragraphs, none longer than Slack takes."""
    blocks: list[Block] = []
    held = ""
    for line in lines:
        if held and units(held) + 1 + units(line) > ROOM:
            blocks.append(section(held))
            held = ""
        held = f"{held}\n{line}" if held else line
    if held:
        blocks.append(section(held))
    return blocks
