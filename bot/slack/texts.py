"""What several parts of the Slack side say: status lines, answers to commands and buttons. English, mrkdwn.

Answers are said through `Phrases.say`; their translations are in `bot.text.translations.answers`.

Names of files and users must be escaped (`blockkit.text.escape_label`) before they come in here.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from bot.domain.job import SLACK_LANE, Job, State
from bot.domain.transcript import SpeechFinding
from bot.slack.blockkit.text import clip, escape_label
from bot.text.durations import human
from bot.text.phrases import ENGLISH, LOCAL, Phrases

COMMAND = "/transcribe"

GREETING = (
    "Hello! Drop a recording or a voice clip here, and I will reply in its thread with the transcript. "
    f"`{COMMAND} help` lists what else I can do, and `{COMMAND} settings` is where this channel chooses its service "
    "and language. When a recording is deleted, I delete its transcript and files in the thread, too."
)
GREETING_KEPT = (
    "I keep my own copy of a transcript for {days}, so that you can search and download it; "
    "what I post here stays until somebody deletes it."
)

DIRECT_HELP = (
    "Send me a recording or a voice clip here, or forward one, and I will reply in its thread with the transcript. "
    f"`{COMMAND} help` lists what else I can do, and `{COMMAND} settings` is where you choose service and language."
)
DIRECT_NO_AUDIO = (
    "I can only transcribe audio and video, and this file is neither. Send a recording, for example as MP3, M4A, WAV, "
    f"OGG, WebM, FLAC or MP4. `{COMMAND} help` lists what else I can do."
)
ON_REQUEST = "I transcribe recordings in this channel only on request. Shall I transcribe this one?"
TRANSCRIBE = "Transcribe"
NO_AUDIO_IN_THREAD = (
    "I found no recording in this thread. Mention me in the thread of a message that has an audio or video file."
)
NO_AUDIO_MENTIONED = (
    "I transcribe recordings, and this message has none. Mention me in the thread of a message that has an audio or "
    f"video file. `{COMMAND} help` lists what else I can do."
)
NO_AUDIO_IN_MESSAGE = "This message has no audio or video file, so there is nothing to transcribe."
ON_IT = "On it. The transcript will come in the thread of that message."
NOT_A_MEMBER = "I am not in this conversation, so I cannot answer here. Type `/invite` to add me, then try again."

NOT_MY_DIRECT_MESSAGE = (
    "This is a direct message between other people, so I cannot answer here. "
    "Forward the recording to me, or send it to me directly."
)

NO_SUCH_COMMAND = "There is no command `{word}`. `" + COMMAND + " help` lists what I can do."
NEAREST = (
    "There is no command `{word}`. Did you mean `" + COMMAND + " {known}`? `" + COMMAND + " help` lists what I can do."
)
NO_SUCH_JOB = "There is no recording `{job}`, or you cannot see it. `" + COMMAND + " list` shows yours."
NOTHING_TO_RETRY = "You have no failed recording here that could be tried again."
RETRY_CANNOT_HELP = "Trying *{name}* (`{job}`) again cannot help: {why}"
NOTHING_TO_CANCEL = "You have no recording under way here."
CANNOT_RETRY = "*{name}* (`{job}`) is still under way, so there is nothing to try again."
CANNOT_RETRY_DELETED = "The recording *{name}* (`{job}`) was deleted, so it cannot be tried again."
CANNOT_CANCEL = "*{name}* (`{job}`) is finished already, so there is nothing to cancel."
RETRIED = "Trying *{name}* (`{job}`) again. The answer will come in its thread."
CANCEL_ANOTHERS = "*{name}* (`{job}`) was shared by {user}. Cancel it all the same?"
CANCEL_ANOTHERS_ALL = "{count} recordings under way here were shared by {user}. Cancel them all the same?"
CANCEL_IT = "Cancel it"
LET_IT_GO_ON = "Let it go on"
GOES_ON = "*{name}* (`{job}`) goes on."
CANCELLING = "Cancelling *{name}* (`{job}`)."
ALREADY_DONE = "*{name}* (`{job}`) is done; its transcript is in <{link}|its thread>."
UNDER_WAY = "Your recordings that are under way"
NONE_UNDER_WAY = "None of your recordings is under way. These were your last"
NOTHING_YET = "You have no recordings yet. Drop one into a channel that I am in, or send it to me directly."
MORE_LISTED = "Only the newest {count} are listed."
UNAVAILABLE = "Something went wrong on my side. Please try again in a minute."
SLACK_ASKED = "Slack does not let me look this up at the moment. Please try again in a minute."

UNREACHABLE = (
    "I have the transcript of your recording from <#{channel}>, but Slack does not let me post there. "
    "When I am in the channel and may post, type `/transcribe retry {job}`: nothing is billed twice."
)

STATES: Mapping[State, str] = {
    State.RECEIVED: "received",
    State.SUBMITTING: "being sent to the service",
    State.WAITING: "being transcribed",
    State.FINISHING: "being finished",
    State.REPLYING: "reply is being posted",
    State.DONE: "done",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
    State.DELETED: "deleted",
    State.PARKED: "paused",
}

ICONS: Mapping[State, str] = {
    State.DONE: ":white_check_mark:",
    State.FAILED: ":warning:",
    State.CANCELLED: ":x:",
    State.DELETED: ":wastebasket:",
    State.PARKED: ":double_vertical_bar:",
}
FINDINGS: Mapping[SpeechFinding, str] = {
    SpeechFinding.SILENCE: "no speech heard",
    SpeechFinding.UNCLEAR: "speech heard, no words made out",
}
FINDING_ICONS: Mapping[SpeechFinding, str] = {
    SpeechFinding.SILENCE: ":mute:",
    SpeechFinding.UNCLEAR: ":warning:",
}
RUNNING_ICON = ":hourglass_flowing_sand:"


def name_of(job: Job, phrases: Phrases = ENGLISH) -> str:
    """The name of a job's file, escaped."""
    return escape_label(clip(job.file.name or phrases.say("recording"), 80))


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
            of_slack = job.parked_for.partition(":")[0] in ("", SLACK_LANE)  # `slack:T…` where there are workspaces
            return phrases.paused.format(what=phrases.connection if of_slack else phrases.service(job.parked_for))
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
    if job.provider == LOCAL:
        return phrases.preparing
    return phrases.uploading.format(provider=escape_label(phrases.service(job.provider)))


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
    said = {State.DONE: phrases.done, State.FAILED: phrases.failed, State.DELETED: phrases.deleted_short}
    return said.get(state, phrases.cancelled_short)


def batch(counts: Mapping[str, int], phrases: Phrases = ENGLISH) -> str:
    """One line for several files: `3 recordings: 1 done, 2 transcribing`, `3 recordings: transcribing`."""
    there = {what: count for what, count in counts.items() if count}
    parts = ", ".join(f"{count} {what}" if len(there) > 1 else what for what, count in there.items())
    return phrases.batch.format(count=sum(counts.values()), parts=parts)


def moment(at: float, seconds: bool = False) -> str:
    """A time in the reader's own zone (Slack's date token)."""
    shown = "time_secs" if seconds else "time"
    spelled = datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at)}^{{date_short_pretty}} {{{shown}}}|{spelled}>"


def not_retried(link: str, job: Job, phrases: Phrases = ENGLISH) -> str:
    """Why another try was not begun; `link` leads to the job's thread."""
    said = {State.DONE: ALREADY_DONE, State.DELETED: CANNOT_RETRY_DELETED}.get(job.state, CANNOT_RETRY)
    return phrases.say(said).format(name=name_of(job, phrases), job=job.id, link=link)


def nearest(word: str, known: str, phrases: Phrases = ENGLISH) -> str:
    """The answer to a command that does not exist."""
    return phrases.say(NEAREST if known else NO_SUCH_COMMAND).format(word=word, known=known)
