"""What everybody in a thread reads: status line, labels and buttons of a reply, notes. English; a place for others.

The sentences are mrkdwn in messages, plain text on buttons; what fills a placeholder must be escaped for its place.
Translations are in `bot.text.translations`, chosen by `bot.text.languages`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.text.durations import ENGLISH_UNITS, Units
from bot.text.language_names import language_name

LOCAL = "local"  # the key of the engine on this machine, which is named in the reader's language


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of one language; the defaults are the English ones."""

    locale: str = "en"

    # The status line: a few words that can follow a file's name.
    looking: str = "looking at the file"
    in_line: str = "in line, {count} ahead"
    preparing: str = "preparing"
    uploading: str = "uploading to {provider}"
    share: str = "{doing} {percent} %"
    trying_again: str = "{doing} (trying again)"
    transcribing: str = "transcribing"
    left: str = "{doing}, about {time} left"
    left_soon: str = "{doing}, less than a minute left"
    writing: str = "writing the transcript"
    paused: str = "paused: the app's administrator has to fix {what}; I will continue automatically"
    connection: str = "the connection to Slack"
    done: str = "done"
    failed: str = "failed"
    cancelled_short: str = "cancelled"
    deleted_short: str = "deleted"
    batch: str = "{count} recordings: {parts}"
    cancel: str = "Cancel"
    cancel_all: str = "Cancel all"

    # The reply
    transcript: str = "Transcript"
    clip: str = "Voice clip"
    clip_from: str = "Voice clip from {user}"
    of: str = "Transcript: {title}"
    version: str = "Version {number}"
    summary: str = "Summary"
    highlights: str = "Highlights"
    speakers: str = "{count} speakers"
    by: str = "by {provider}"
    took: str = "took {time}"
    file_follows: str = "The whole transcript follows in this thread."
    file_also: str = "The complete text follows in this thread."
    part: str = "Transcript, part {part} of {parts}"
    no_speech: str = "I heard no speech in this recording."
    speech_unclear: str = (
        "I heard speech in this recording but could not make out words. "
        "If it was set to the wrong language, transcribe it again in another one."
    )
    unclear_part: str = "[{start}-{end}: speech I could not make out]"
    unclear_share: str = "{time} of speech unclear"
    language_unsure: str = "I am not sure of the language: {language}?"
    cancelled: str = "Cancelled; nothing was transcribed."
    cancelled_by: str = "Cancelled by {user}; nothing was transcribed."
    file_deleted: str = "The file was deleted, so I stopped."
    erased: str = "The transcript was deleted on request."

    # Its buttons
    try_again: str = "Try again"
    again_by: str = "{user} asked me to try again."
    tries: str = "{count} tries, the last one {moment}"
    download: str = "Download"
    rename: str = "Rename speakers"
    again: str = "Transcribe again"
    delete: str = "Delete"
    delete_title: str = "Delete this transcript?"
    delete_text: str = "The reply, its files and everything stored of it go for everybody. The recording itself stays."
    keep: str = "Keep"

    local_engine: str = "the local engine"
    some_service: str = "the transcription service"
    units: Units = ENGLISH_UNITS
    answers: Mapping[str, str] = field(default_factory=dict)  # what one person alone reads, by the English sentence
    titles: Mapping[str, str] = field(default_factory=dict)  # how people know each service that is set up, by its key

    def say(self, english: str) -> str:
        """An answer to one person in this language; the English one where there is no translation."""
        return self.answers.get(english, english)

    def language(self, tag: str) -> str:
        """The name of a language tag (`es-MX`, `ENGLISH_US`), or the tag."""
        return language_name(tag, self.locale)

    def service(self, name: str) -> str:
        """How people know a service by its key; one that is not set up (any more) has no name here."""
        return self.local_engine if name == LOCAL else self.titles.get(name, self.some_service)


ENGLISH = Phrases()
