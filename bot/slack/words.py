"""What the bot says about its work: status lines, help, lists and answers, in one place. Pure.

Names of files and people must be quieted (`prose.quiet`) before they come in here; the sentences are mrkdwn.
"""

from collections.abc import Mapping

from bot.domain.job import Job, State
from bot.text.durations import human
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
TRYING_AGAIN = "Somebody asked me to try again; the answer will come below."
ON_IT = "On it. The transcript will come in the thread of that message."
ALREADY_RUNNING = "I am already working on this recording; the transcript will come in its thread."
NOT_A_MEMBER = "I am not in this conversation, so I cannot answer here. Type `/invite` to add me, then try again."

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

NO_SPEECH = "I heard no speech in this recording."
CANCELLED = "Cancelled on request; nothing was transcribed."
DELETED = "The file was deleted, so I stopped."
FILE_FOLLOWS = "This is the beginning. The whole transcript follows in this thread."
FILE_ALSO = "The complete text follows in this thread."
CONTINUED = "Transcript, part {part} of {parts}"

DELETED_BY = "deleted"  # Job.cancel_by when the file or its message was deleted

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

LANGUAGES: Mapping[str, str] = {
    "hy": "Armenian",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "de": "German",
    "it": "Italian",
    "pt": "Portuguese",
    "ru": "Russian",
    "uk": "Ukrainian",
    "tr": "Turkish",
    "fa": "Persian",
    "ar": "Arabic",
    "he": "Hebrew",
    "el": "Greek",
    "nl": "Dutch",
    "pl": "Polish",
    "ka": "Georgian",
    "hi": "Hindi",
    "zh": "Chinese",
    "ja": "Japanese",
    "ko": "Korean",
}


def language(tag: str) -> str:
    """The English name of a language tag (`es-MX`, `ENGLISH_US`), or the tag."""
    head = tag.replace("_", "-").split("-")[0].lower()
    return LANGUAGES.get(head) or (head.capitalize() if len(head) > 3 else tag)


def provider(name: str) -> str:
    """How people know a provider."""
    return "the local engine" if name == "local" else PROVIDER_NAMES.get(name, name.capitalize())


def stage(job: Job, ahead: int = 0, seconds_left: float | None = None) -> str:
    """What is being done for a job, in a few words that can follow its file's name."""
    match job.state:
        case State.RECEIVED:
            return "looking at the file" if ahead == 0 else f"in line, {ahead} ahead"
        case State.SUBMITTING:
            done = "" if job.progress is None else f" {job.progress:.0%}"
            doing = "preparing" if job.provider == "local" else f"handing over to {provider(job.provider)}"
            again = " (trying again)" if job.attempts > 1 else ""
            return f"in line, {ahead} ahead" if ahead and job.progress is None else f"{doing}{done}{again}"
        case State.WAITING:
            left = "" if seconds_left is None or seconds_left < 5 else f", about {human(seconds_left)} left"
            done = "" if job.progress is None else f" {job.progress:.0%}"
            return f"transcribing{done}{left}"
        case State.FINISHING | State.REPLYING:
            return "writing the transcript"
        case State.PARKED:
            what = "its connection to Slack" if job.parked_for in ("", "slack") else provider(job.parked_for)
            return f"paused until whoever runs this app mends {what}; I go on by myself then"
        case _:
            return STATES[job.state]


def batch(counts: Mapping[str, int]) -> str:
    """One line for several files: `3 recordings: 1 done, 2 transcribing`."""
    parts = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    return f"{sum(counts.values())} recordings: {parts}"


def moment(at: float) -> str:
    """A time in the reader's own zone (Slack's date token)."""
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time}}|{int(at)}>"


def nearest(word: str, known: str) -> str:
    """The answer to a command that does not exist."""
    hint = f" Did you mean `{COMMAND} {known}`?" if known else ""
    return f"I do not know `{word}`.{hint} `{COMMAND} help` lists what I can do."
