"""Jobs as lines and as a timeline, for ephemeral answers. Pure."""

from collections.abc import Sequence

from bot.domain.job import Job
from bot.ports.store import JobEvent
from bot.slack import texts as words
from bot.slack.api.identity import Identity
from bot.slack.blockkit.blocks import Block, Message, context, section
from bot.slack.blockkit.limits import SECTION
from bot.slack.command.texts import line_of
from bot.text.durations import human
from bot.text.phrases import ENGLISH, Phrases

ROOM = SECTION - 200


def job_line(me: Identity, job: Job) -> str:
    """One job: state, name, when, a link to its thread, its id."""
    icon = words.ICONS.get(job.state, words.RUNNING_ICON)
    name = words.name_of(job)
    length = f", {human(job.file.seconds)}" if job.file.seconds else ""
    link = me.link(job.origin.channel_id, job.origin.thread_ts)
    return (
        f"{icon} *{name}*{length}: {words.STATES[job.state]}, {words.moment(job.created_at)}, <{link}|open>, `{job.id}`"
    )


def job_lines(me: Identity, jobs: Sequence[Job]) -> list[str]:
    """A line for each job, in the order given."""
    return [job_line(me, job) for job in jobs]


def listed(heading: str, lines: Sequence[str], more: bool) -> Message:
    """A list with its heading; it may take several sections."""
    blocks = [section(f"*{heading}*"), *sections(lines)]
    if more:
        blocks.append(context(words.MORE_LISTED.format(count=len(lines))))
    return Message(heading, blocks)


def timeline(me: Identity, job: Job, events: Sequence[JobEvent], phrases: Phrases = ENGLISH, ahead: int = 0) -> Message:
    """The state of a job and its steps so far, newest last; no content."""
    head = job_line(me, job)
    stage = words.stage(job, ahead, phrases=phrases)
    said = [(event.at, line_of(event, phrases)) for event in events if event.cause]
    lines = [f"{words.moment(at, seconds=True)}  {line}" for at, line in said if line]
    left_out = max(0, len(lines) - 30)
    blocks = [section(head)]
    if job.finished_at is None:
        blocks.append(context(f"Now: {stage}"))
    if left_out:
        blocks.append(context(f"{left_out} earlier steps are not shown."))
    return Message(f"Job {job.id}: {words.STATES[job.state]}", [*blocks, *sections(lines[left_out:])])


def sections(lines: Sequence[str]) -> list[Block]:
    """The lines as few paragraphs, none longer than Slack takes."""
    blocks: list[Block] = []
    held = ""
    for line in lines:
        if held and len(held) + 1 + len(line) > ROOM:
            blocks.append(section(held))
            held = ""
        held = f"{held}\n{line}" if held else line
    if held:
        blocks.append(section(held))
    return blocks
