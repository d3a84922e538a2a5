"""What everybody in a thread sees: status line, labels and buttons of a reply, notes. English; a place for others.

The sentences are mrkdwn where they stand in a message, plain text on buttons; what fills a placeholder must be
quieted for where it stands. Translations are in `bot.text.translations`, chosen by `bot.text.languages`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.text.durations import ENGLISH_UNITS, Units
from bot.text.language_names import language_name


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
    connection: str = "its connection to Slack"
    done: str = "done"
    failed: str = "failed"
    cancelled_short: str = "cancelled"
    batch: str = "{count} recordings: {parts}"
    cancel: str = "Cancel"
    cancel_all: str = "Cancel all"

    # The reply
    transcript: str = "Transcript"
    of: str = "Transcript: {title}"
    version: str = "Version {number}"
    summary: str = "Summary"
    highlights: str = "Highlights"
    speakers: str = "{count} speakers"
    by: str = "by {provider}"
    took: str = "took {time}"
    file_follows: str = "This is the beginning. The whole transcript follows in this thread."
    file_also: str = "The complete text follows in this thread."
    part: str = "Transcript, part {part} of {parts}"
    no_speech: str = "I heard no speech in this recording."
    cancelled: str = "Cancelled on request; nothing was transcribed."
    file_deleted: str = "The file was deleted, so I stopped."
    erased: str = "The transcript was deleted on request."

    # Its buttons
    try_again: str = "Try again"
    again_below: str = "Somebody asked me to try again; the answer will come below."
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

    services: Mapping[str, str] = field(default_factory=dict)
    """What the operator calls the services that have no name of their own, by the provider account's name."""

    def language(self, tag: str) -> str:
        """The name of a language tag (`es-MX`, `ENGLISH_US`), or the tag."""
        return language_name(tag, self.locale)


ENGLISH = Phrases()
