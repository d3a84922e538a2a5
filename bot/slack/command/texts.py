"""What `/transcribe` answers: help, lists, timelines, searches. English, mrkdwn; names must be escaped before.

They are read by the user who typed; translations are in `bot.text.translations.answers`. The audit log is in English.
"""

from collections.abc import Mapping

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import State
from bot.domain.machine import Cause
from bot.ports.store import AuditAction, AuditEntry, JobEvent
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
    f"• `{COMMAND} settings` service, language, names and display of the transcripts of this channel\n"
    f"• `{COMMAND} words` names and jargon of this channel; `words add NAME`, `words remove NAME`, "
    '`words replace "as heard" "as written"`\n'
    f"• `{COMMAND} audit` who did what here, for those who may change the settings"
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

STILL_SEARCHING = "I am still searching for what you asked before. Please try again in a moment."
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
OPEN = "open"
NOW = "Now: {stage}"
EARLIER = "{count} earlier steps are not shown."

AUDIT = "What was done here, newest first"
AUDIT_EMPTY = "Nothing was recorded here yet: nobody has searched, downloaded, renamed, deleted or changed settings."
AUDIT_NO_MORE = "There is nothing older."
AUDIT_HINT = "That you read this is recorded, too. The whole log is with the app's administrator."
AUDIT_NOT_YOURS = (
    "Who did what in a conversation is shown to those who may change its settings: its members, but in a public "
    "channel of more than 30 members only its creator and workspace admins, and never guests or members of other "
    "organisations. I must be in the conversation, too."
)
AUDIT_ERASED = "a recording that was erased since"
AUDIT_BOT, AUDIT_OPERATOR = "The app", "The app's administrator"
DIRECT_MESSAGE = "Direct message"


def commands_in(phrases: Phrases) -> str:
    """The lines of `COMMANDS` in a language."""
    return "\n".join(phrases.say(line) for line in COMMANDS.split("\n"))


def typed_words(typed: str) -> str:
    """What a user searched for, shown back in italics."""
    shown = escape_label(clip(" ".join(typed.split()), 80))
    return f"_{shown}_" if shown and "_" not in shown else shown


_SENTENCES: Mapping[Cause, str] = {
    Cause.RECEIVED: "Recording received",
    Cause.REMOTE_CREATED: "",  # the next line says that it was sent
    Cause.HANDED_OVER: "Sent to the service",
    Cause.RESULT_READY: "Transcribed",
    Cause.STORED: "",
    Cause.CANCELLED: "Cancelled",
    Cause.DELETED: "The recording was deleted",
    Cause.FIXED: "The problem is fixed; continued",
    Cause.RESUMED: "The problem is fixed; continued",
    Cause.TRIED_AGAIN: "Another try was asked for",
    Cause.TRIED_AGAIN_STORED: "Another try was asked for; the stored transcript is used",
    Cause.TRIED_AGAIN_REMOTE: "Another try was asked for; the service is asked for its result again",
    Cause.IGNORED: "Not a recording; nothing to do",
    Cause.REUSES: "The same file was transcribed before; that transcript is used",
}
_POSTED = "Reply posted in the thread"
_ACCEPTED = "Checked; it goes to {service}"
_REFUSED = "No transcript: {why}"
_NO_TRANSCRIPT = "No transcript"
_WITH_DETAIL: Mapping[Cause, str] = {
    Cause.RETRY: "It did not work; trying again ({detail})",
    Cause.PARKED: "Paused: the app's administrator has to fix this ({detail})",
    Cause.HANDED_OVER_AGAIN: "Sent to the service again ({detail})",
    Cause.REMOTE_DROPPED: "Sent to the service again ({detail})",
    Cause.RESULT_MISSING: "The result was not available after all ({detail})",
    Cause.UNDELIVERABLE: "The reply could not be posted in the thread ({detail})",
}
_ENDS: Mapping[State, str] = {
    State.DONE: _POSTED,
    State.FAILED: "Posted in the thread: no transcript",
    State.CANCELLED: "Posted in the thread: cancelled",
    State.DELETED: "Ended, because the recording was deleted",
}

_CODES = frozenset(code.value for code in ProblemCode)


def line_of(event: JobEvent, phrases: Phrases) -> str:
    """A line of a timeline in words, "" for a step that says nothing to a user; the operator's note in parentheses."""
    if (known := _SENTENCES.get(event.cause)) is not None:
        return phrases.say(known)
    shown = escape_label(clip(event.detail, 160))
    match event.cause:
        case Cause.REPLIED:
            return phrases.say(_ENDS.get(event.target, _POSTED))
        case Cause.ACCEPTED:
            return phrases.say(_ACCEPTED).format(service=escape_label(phrases.service(event.detail)))
        case Cause.REFUSED if event.detail in _CODES:
            why = sentence(Problem(ProblemCode(event.detail)), phrases)
            return phrases.say(_REFUSED).format(why=escape_label(why))
        case _:  # without detail: a refusal whose reason was purged
            return phrases.say(_WITH_DETAIL.get(event.cause, _NO_TRANSCRIPT)).format(detail=shown)


_DEEDS: Mapping[AuditAction, str] = {
    AuditAction.VIEWED: "listed recordings",
    AuditAction.SEARCHED: "searched from here",
    AuditAction.EXPORTED: "downloaded {recording}",
    AuditAction.RENAMED: "named the speakers of {recording}",
    AuditAction.RETRIED: "had {recording} tried again",
    AuditAction.TRANSCRIBED_AGAIN: "had {recording} transcribed again",
    AuditAction.CANCELLED: "cancelled {recording}",
    AuditAction.DELETED: "deleted the transcript of {recording}",
    AuditAction.SETTINGS_CHANGED: "changed the settings",
    AuditAction.AUDIT_READ: "read this record",
    AuditAction.VOCABULARY_CHANGED: "changed names and jargon",
    AuditAction.PURGED: "deleted old content",
    AuditAction.ERASED: "erased recordings",
    AuditAction.HELD: "placed a hold",
    AuditAction.HOLD_ENDED: "ended a hold",
}


def deed(entry: AuditEntry, recording: str) -> str:
    """What an entry of the audit log says was done; `recording` is how its recording is called, escaped."""
    said = _DEEDS.get(entry.action, "ran a command").format(recording=recording)
    shown = ", ".join(f"{name.replace('_', ' ')} {detail}" for name, detail in sorted(entry.details.items()))
    return f"{said} ({escape_label(clip(shown, 300))})" if shown else said


def actor(user_id: str) -> str:
    """Who did something: a user as Slack shows one, else the app itself or its administrator."""
    if user_id.isalnum() and user_id.startswith(("U", "W")):
        return f"<@{user_id}>"
    return AUDIT_BOT if user_id == "bot" else AUDIT_OPERATOR
