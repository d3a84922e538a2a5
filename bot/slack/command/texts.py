"""What `/transcribe` answers: help, lists, timelines, searches. English, mrkdwn; names must be escaped before.

Translations of what everybody in a thread sees are in `bot.text.phrases`; these are read by the user who typed.
"""

from collections.abc import Mapping

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import State
from bot.ports.store import JobEvent
from bot.slack.blockkit.text import clip, escape_label
from bot.slack.texts import COMMAND
from bot.text.phrases import Phrases
from bot.text.problems import sentence

HELP = (
    "*I transcribe recordings.* Drop an audio or video file, or record a voice clip, in a channel I am in; the "
    "transcript comes back in its thread. You can also send me a file in a direct message, choose *Transcribe* in the "
    "menu of an older message, or mention me in a thread that has a recording."
)
COMMANDS = (
    f"• `{COMMAND} status` your recordings that are under way; `status JOB` the steps of one\n"
    f"• `{COMMAND} list` your recordings; `list channel` those of this channel; `list failed`\n"
    f'• `{COMMAND} search WORDS` what was said in your conversations; `"in quotes"` the exact words\n'
    f"• `{COMMAND} retry` tries your last failed recording in this channel again; `retry JOB` a certain one\n"
    f"• `{COMMAND} cancel` stops your recording that is under way in this channel; `cancel JOB` a certain one\n"
    f"• `{COMMAND} settings` service, language and display of the transcripts of this channel"
)
JOB_IS = "`JOB` is the short code at the end of a line of the lists, for example `k7m2pq9xw4`."

LISTS: Mapping[str, str] = {
    "mine": "Your recordings, newest first",
    "channel": "Recordings of this conversation, newest first",
    "failed": "Recordings that failed, newest first",
}
LIST_NOT_HERE = "You are not in this conversation, so its recordings are not listed for you."
NONE_LISTED: Mapping[str, str] = {
    "mine": "There are none yet. Drop a recording into a channel I am in, or send it to me directly.",
    "channel": "There are none in this conversation yet.",
    "failed": "There are none: nothing failed in your conversations.",
}
PAGE = "{first}–{last}"
OLDER = "Older"
NEWEST = "Back to the newest"

NOTHING_TO_SEARCH = (
    f'Tell me what to look for: `{COMMAND} search dry cough`, or `{COMMAND} search "dry cough"` for the exact words.'
)
FOUND = "Said in your conversations: {typed}"
FOUND_NONE = "I did not find {typed} in the recordings of the conversations that both of us are in."
FOUND_NO_MORE = "There is nothing older."
FOUND_NONE_SO_FAR = (
    "I did not find {typed} in the newest recordings of your conversations. They are stored encrypted, so I search "
    "a limited number at a time."
)
LOOK_FURTHER = "Look further back"
SEARCH_HINT = "Words are found by their beginning, in titles, summaries and transcripts."
OPEN = "Open"
DIRECT_MESSAGE = "Direct message"


def typed_words(typed: str) -> str:
    """What a user searched for, shown back in italics."""
    shown = escape_label(clip(" ".join(typed.split()), 80))
    return f"_{shown}_" if shown and "_" not in shown else shown


_SENTENCES: Mapping[str, str] = {
    "received": "Recording received",
    "remote job created": "",  # the next line says that it was sent
    "audio handed over": "Sent to the service",
    "result ready": "Transcribed",
    "transcript stored": "",
    "cancelled": "Cancelled",
    "recording deleted": "The recording was deleted",
    "mended": "The problem is fixed; continued",
    "fixed": "The problem is fixed; continued",
    "retried": "Another try was asked for",
    "retried with the stored transcript": "Another try was asked for; the stored transcript is used",
    "retried with the remote job": "Another try was asked for; the service is asked for its result again",
    "not audio, not meant": "Not a recording; nothing to do",
}
_ENDS: Mapping[State, str] = {
    State.DONE: "Reply posted in the thread",
    State.FAILED: "Posted in the thread: no transcript",
    State.CANCELLED: "Posted in the thread: cancelled",
    State.DELETED: "Ended, because the recording was deleted",
}

_CODES = frozenset(code.value for code in ProblemCode)


def line_of(event: JobEvent, phrases: Phrases) -> str:
    """A line of a timeline in words, "" for a step that says nothing to a user; the operator's note in parentheses."""
    cause = event.cause
    if (known := _SENTENCES.get(cause)) is not None:
        return known
    if cause == "replied":
        return _ENDS.get(event.target, "Reply posted in the thread")
    kind, _, detail = cause.partition(": ")
    shown = escape_label(clip(event.detail, 160))
    match kind:
        case "refused" if detail in _CODES:
            return f"No transcript: {escape_label(sentence(Problem(ProblemCode(detail)), titles=phrases.titles))}"
        case "retry":
            return f"It did not work; trying again ({shown})"
        case "parked":
            return f"Paused: the app's administrator has to fix this ({shown})"
        case "handed over again" | "remote job dropped":
            return f"Sent to the service again ({shown})"
        case "result not there":
            return f"The result was not available after all ({shown})"
        case "no reply possible":
            return f"The reply could not be posted in the thread ({shown})"
    if cause.startswith("reuses "):
        return "The same file was transcribed before; that transcript is used"
    if cause.startswith("accepted for "):
        return f"Checked; it goes to {escape_label(phrases.service(cause.removeprefix('accepted for ')))}"
    return escape_label(clip(cause, 160))
