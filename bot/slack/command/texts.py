"""What `/transcribe` answers: help, lists, timelines, searches. English, mrkdwn; names must be quieted before.

Translations of what everybody in a thread sees are in `bot.text.phrases`; these are read by whoever typed.
"""

from collections.abc import Mapping

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import State
from bot.ports.store import JobEvent
from bot.slack.blockkit.text import clip, escape_label
from bot.slack.texts import COMMAND, provider
from bot.text.problems import sentence

HELP = (
    "*I transcribe recordings.* Drop an audio or video file, or record a voice clip, in a channel I am in; the "
    "transcript, a title and a summary come back in its thread. You can also send me a file in a direct message, use "
    "*Transcribe* in the menu of an older message, or mention me in a thread that has a recording."
)
COMMANDS = (
    f"• `{COMMAND} status` where your recordings stand; `status JOB` the story of one\n"
    f"• `{COMMAND} list` your recordings; `list channel` those of this channel; `list failed`\n"
    f'• `{COMMAND} search WORDS` what was said in your conversations; `"in quotes"` the exact words\n'
    f"• `{COMMAND} retry` tries your last failed recording here again; `retry JOB` a certain one\n"
    f"• `{COMMAND} cancel` stops your recording under way here; `cancel JOB` a certain one\n"
    f"• `{COMMAND} settings` service, language and look of the transcripts of this channel"
)
JOB_IS = "`JOB` is the short code at the end of a line of the lists, for example `k7m2pq9xw4`."

LISTS: Mapping[str, str] = {
    "mine": "Your recordings, newest first",
    "channel": "Recordings of this conversation, newest first",
    "failed": "Recordings that failed, newest first",
}
LIST_NOT_HERE = "You are not in this conversation, so I do not list its recordings."
NONE_LISTED: Mapping[str, str] = {
    "mine": "There are none yet. Drop a recording into a channel I am in, or send it to me here.",
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
FOUND_NONE = "I found {typed} nowhere in the recordings of the conversations that both of us are in."
FOUND_NO_MORE = "There is nothing older."
FOUND_NONE_SO_FAR = (
    "I found {typed} nowhere in the newest recordings of your conversations. They are stored encrypted, so I "
    "open them one by one, and only so many at a time."
)
LOOK_FURTHER = "Look further back"
SEARCH_HINT = "Words are found by their beginning, in titles, summaries and transcripts."
IN_SUMMARY = "Summary"
OPEN = "Open"
DIRECT_MESSAGE = "Direct message"


def typed_words(typed: str) -> str:
    """What a person looked for, shown back in italics."""
    shown = escape_label(clip(" ".join(typed.split()), 80))
    return f"_{shown}_" if shown and "_" not in shown else shown


_TOLD: Mapping[str, str] = {
    "received": "I saw the recording",
    "remote job created": "The service is ready for it",
    "audio handed over": "Handed over to the service",
    "result ready": "The service has the result",
    "transcript stored": "Transcript stored",
    "cancelled": "Cancelled",
    "mended": "Mended; I went on",
    "retried": "Somebody asked for another try",
    "retried with the stored transcript": "Somebody asked for another try; the stored transcript is used",
    "retried with the remote job": "Somebody asked for another try; the service is asked for its result again",
    "not audio, not meant": "Not a recording; nothing to do",
}
_ENDS: Mapping[State, str] = {
    State.DONE: "Answered in the thread",
    State.FAILED: "Answered in the thread: no transcript",
    State.CANCELLED: "Answered in the thread: cancelled",
}

_CODES = frozenset(code.value for code in ProblemCode)


def told(event: JobEvent) -> str:
    """A line of a timeline in words; what the domain noted for the operator stays in parentheses."""
    cause = event.cause
    if known := _TOLD.get(cause):
        return known
    if cause == "replied":
        return _ENDS.get(event.target, "Answered in the thread")
    kind, _, detail = cause.partition(": ")
    shown = escape_label(clip(event.detail, 160))
    match kind:
        case "refused" if detail in _CODES:
            return f"Refused: {escape_label(sentence(Problem(ProblemCode(detail))))}"
        case "retry":
            return f"It did not work, so I try again ({shown})"
        case "parked":
            return f"Paused until whoever runs this app has mended it ({shown})"
        case "handed over again" | "remote job dropped":
            return f"Handed over once more ({shown})"
        case "result not there":
            return f"The result was not there after all ({shown})"
        case "no reply possible":
            return f"I could not answer in the thread ({shown})"
    if cause.startswith("reuses "):
        return "The same file was transcribed before; that transcript is used again"
    if cause.startswith("accepted for "):
        return f"Looked at; it goes to {escape_label(provider(cause.removeprefix('accepted for ')))}"
    return escape_label(clip(cause, 160))
