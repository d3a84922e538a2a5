"""Where a transcript comes from, for the head of the files that people take away."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.transcript import Transcript
from bot.text.durations import human
from bot.text.language_names import language_name


@dataclass(frozen=True, slots=True)
class Provenance:
    """The recording's name, the day it was shared (ISO 8601, UTC), by whom, and the service that transcribed it."""

    source: str = ""
    shared_on: str = ""
    shared_by: str = ""
    service: str = ""


UNKNOWN = Provenance()


def facts_of(transcript: Transcript, provenance: Provenance = UNKNOWN) -> Sequence[str]:
    """What is known besides the words: recording, date, who shared it, length, language, speakers, service."""
    facts = [" ".join(part.split()) for part in (provenance.source, provenance.shared_on) if part.strip()]
    if provenance.shared_by:
        facts.append(f"shared by {' '.join(provenance.shared_by.split())}")
    if transcript.seconds:
        facts.append(human(transcript.seconds))
    if transcript.language:
        facts.append(language_name(transcript.language))
    if transcript.speakers:
        facts.append(", ".join(dict.fromkeys(transcript.name_of(speaker) for speaker in transcript.speakers)))
    if provenance.service:
        facts.append(f"transcribed by {' '.join(provenance.service.split())}")
    return facts
