"""What the bot says about its work: status lines, help, lists and answers, in one place. Pure.

Names of files and people must be quieted (`prose.escape_label`) before they come in here; the sentences are mrkdwn.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from bot.domain.job import Job, State
from bot.text.durations import human
from bot.text.phrases import ENGLISH, Phrases
from bot.text.problems import PROVIDER_NAMES

COMMAND = "/transcribe"

HELP = (
    "*I transcribe recordings.* Drop an audio or video file, or record a voice clip, in a channel I am in; the "
    "transcript, a title and a summary come back in its thread. You can also send me a file in a direct message, use "
    "*Transcribe* in the menu of an older message, or mention me in a thread that has a recording.\n\n"
    f"• `{COMMAND} status` where your recordings stand; `{COMMAND} status JOB` the whole story of one\n"
    f"• `{COMMAND} list` your recordings; `{COMMAND} list channel` this channel's; `{COMMAND} list failed`\n"
    f"• `{COMMAND} retry` tries your last failed recording here again; `{COMMAND} retry JOB` a certain one\n"
    f"• `{COMMAND} cancel` stops your recording that is under way here; `{COMMAND} cancel JOB` a certain one"
)

GREETING = (
    "Hello! Drop a recording or a voice clip here, and I will answer in its thread with the transcript, a title and "
    f"a summary. `{COMMAND} help` says what else I can do."
)

NO_AUDIO_IN_THREAD = (
    "I found no recording in this thread. Mention me in the thread of a message that has an audio or video file."
)
NO_AUDIO_IN_MESSAGE = "This message has no audio or video file, so there is nothing to transcribe."
ON_IT = "On it. The transcript will come in the thread of that message."
ALREADY_RUNNING = "I am already working on this recording; the transcript will come in its thread."
NOT_A_MEMBER = "I am not in this conversation, so I cannot answer here. Type `/invite` to add me, then try again."

NOT_MY_DIRECT_MESSAGE = (
    "This is a direct message between other people, so I cannot answer here. "
    "Forward the recording to me, or send it to me directly."
)

NO_SUCH_JOB = "I know no job `{job}` that you can see. `" + COMMAND + " list` shows yours."
NOTHING_TO_RETRY = "You have no failed recording here."
NOTHING_TO_CANCEL = "You have no recording under way here."
CANNOT_RETRY = "Job `{job}` is still under way, so there is nothing to try again."
CANNOT_CANCEL = "Job `{job}` is finished already, so there is nothing to cancel."
RETRIED = "Trying `{job}` again. The answer will come in its thread."
CANCELLING = "Cancelling `{job}`."
ALREADY_DONE = "Job `{job}` is done; its transcript is in <{link}|its thread>."
UNDER_WAY = "Your recordings that are under way"
NONE_UNDER_WAY = "You have no recording under way; these were your last"
LISTS: Mapping[str, str] = {
    "mine": "Your recordings, newest first",
    "channel": "Recordings of this conversation, newest first",
    "failed": "Recordings that failed, newest first",
}
NOTHING_LISTED = "There are none."
MORE_LISTED = "Only the newest {count} are listed."
UNAVAILABLE = "Something went wrong on my side. Please try again in a minute."
SLACK_ASKED = "Slack does not let me look this up at the moment. Please try again in a minute."

UNREACHABLE = (
    "I have the transcript of a recording from <#{channel}>, but I can no longer write there. "
    "Invite me again, then type `/transcribe retry {job}`: nothing is paid for twice."
)


STATES: Mapping[State, str] = {
    State.RECEIVED: "received",
    State.SUBMITTING: "being handed over",
    State.WAITING: "being transcribed",
    State.FINISHING: "being written down",
    State.REPLYING: "being answered",
    State.DONE: "done",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
    State.PARKED: "paused",
}

ICONS: Mapping[State, str] = {
    State.DONE: ":white_check_mark:",
    State.FAILED: ":warning:",
    State.CANCELLED: ":heavy_multiplication_x:",
    State.PARKED: ":double_vertical_bar:",
}
RUNNING_ICON = ":hourglass_flowing_sand:"


def language(tag: str, phrases: Phrases = ENGLISH) -> str:
    """The name of a language tag (`es-MX`, `ENGLISH_US`), or the tag."""
    return phrases.language(tag)


def provider(name: str, phrases: Phrases = ENGLISH) -> str:
    """How people know a provider; a server that the operator chose by its address has the name that they gave it."""
    return (
        phrases.local_engine
        if name == "local"
        else PROVIDER_NAMES.get(name) or phrases.services.get(name, phrases.some_service)
    )


def stage(job: Job, ahead: int = 0, seconds_left: float | None = None, phrases: Phrases = ENGLISH) -> str:
    """What is being done for a job, in a few words that can follow its file's name."""
    match job.state:
        case State.RECEIVED:
            return phrases.looking if ahead == 0 else phrases.in_line.format(count=ahead)
        case State.SUBMITTING:
            if ahead and job.progress is None:
                return phrases.in_line.format(count=ahead)
            doing = _submitting(job, phrases)
            doing = _share(doing, job.progress, phrases)
            return phrases.trying_again.format(doing=doing) if job.attempts > 1 else doing
        case State.WAITING:
            return _left(_share(phrases.transcribing, job.progress, phrases), seconds_left, phrases)
        case State.FINISHING | State.REPLYING:
            return phrases.writing
        case State.PARKED:
            of_slack = job.parked_for in ("", "slack")
            return phrases.paused.format(what=phrases.connection if of_slack else provider(job.parked_for, phrases))
        case _:
            return _ended(job.state, phrases)


def brief(job: Job, phrases: Phrases = ENGLISH) -> str:
    """The same in a word or two, for counting several files."""
    match job.state:
        case State.SUBMITTING:
            return _submitting(job, phrases)
        case State.WAITING:
            return phrases.transcribing
        case _:
            return stage(job, phrases=phrases)


def _submitting(job: Job, phrases: Phrases) -> str:
    if job.provider not in PROVIDER_NAMES:  # the local engine, and servers that get a recording in parts
        return phrases.preparing
    return phrases.uploading.format(provider=provider(job.provider, phrases))


def _share(doing: str, share: float | None, phrases: Phrases) -> str:
    return doing if share is None else phrases.share.format(doing=doing, percent=round(share * 100))


def _left(doing: str, seconds: float | None, phrases: Phrases) -> str:
    """Whole minutes only: a line that counts seconds would be edited all the time."""
    if seconds is None or seconds < 5:
        return doing
    if seconds < 60:
        return phrases.left_soon.format(doing=doing)
    return phrases.left.format(doing=doing, time=human(max(1, round(seconds / 60)) * 60, phrases.units))


def _ended(state: State, phrases: Phrases) -> str:
    return {State.DONE: phrases.done, State.FAILED: phrases.failed}.get(state, phrases.cancelled_short)


def batch(counts: Mapping[str, int], phrases: Phrases = ENGLISH) -> str:
    """One line for several files: `3 recordings: 1 done, 2 transcribing`."""
    parts = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    return phrases.batch.format(count=sum(counts.values()), parts=parts)


def moment(at: float, seconds: bool = False) -> str:
    """A time in the reader's own zone (Slack's date token)."""
    shown = "time_secs" if seconds else "time"
    spelled = datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at)}^{{date_short_pretty}} {{{shown}}}|{spelled}>"


def nearest(word: str, known: str) -> str:
    """The answer to a command that does not exist."""
    hint = f" Did you mean `{COMMAND} {known}`?" if known else ""
    return f"I do not know `{word}`.{hint} `{COMMAND} help` lists what I can do."
