"""What was said: text, segments with times and speakers, and what is known about them."""

from dataclasses import dataclass, field
from enum import StrEnum

UNSURE = 0.5  # a language that was detected with less confidence may be another


class SpeechFinding(StrEnum):
    """What a finished transcript says of its recording: these are different answers to a person."""

    WORDS = "words"
    SILENCE = "silence"  # nobody speaks
    UNCLEAR = "unclear"  # somebody speaks, and no words could be made out
    LANGUAGE_UNSURE = "language_unsure"  # there are words, in a language that was guessed


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word; times in seconds from the start of the recording."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech by one speaker; `start` and `end` in seconds, None where the provider gives no times."""

    text: str
    start: float | None = None
    end: float | None = None
    speaker: str | None = None  # the provider's label, e.g. "Speaker 1", "DOCTOR", "Խոսնակ 1"
    words: tuple[Word, ...] = ()
    language: str | None = None  # BCP-47, where the provider tells it for each segment
    unclear: bool = False  # somebody speaks here, and no words could be made out: `text` is empty


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole result. `segments` in time order; no segment and no text means that no speech was found."""

    segments: tuple[Segment, ...]
    language: str | None = None  # BCP-47, as detected or asked for
    seconds: float | None = None  # length of the recording
    title: str | None = None
    summary: str | None = None  # written by the provider
    highlights: tuple[str, ...] = ()  # sentences that were said, chosen by us when there is no summary
    provider: str = ""
    speaker_names: dict[str, str] = field(default_factory=dict)  # label -> the name that a person gave
    language_confidence: float | None = None  # 0..1, where the language was detected and the provider tells
    vocabulary: tuple[str, ...] = ()  # names and terms that the provider was given
    replacements: tuple[tuple[str, str], ...] = ()  # (heard, written) that were applied to what the provider gave

    @property
    def text(self) -> str:
        """The words alone, one segment a line."""
        return "\n".join(segment.text for segment in self.segments)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said."""
        return not any(segment.text.strip() for segment in self.segments)

    @property
    def unclear_seconds(self) -> float:
        """Seconds of speech in which no words could be made out."""
        return sum(s.end - s.start for s in self.segments if s.unclear and s.start is not None and s.end is not None)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the segments in order of first appearance, else the transcript's own."""
        found = tuple(dict.fromkeys(s.language for s in self.segments if s.language and s.text.strip()))
        return found or ((self.language,) if self.language else ())

    @property
    def finding(self) -> SpeechFinding:
        """What the recording holds, for the sentence that a person reads."""
        if self.is_empty:
            return SpeechFinding.UNCLEAR if self.unclear_seconds else SpeechFinding.SILENCE
        if self.language_confidence is not None and self.language_confidence < UNSURE:
            return SpeechFinding.LANGUAGE_UNSURE
        return SpeechFinding.WORDS

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speaker labels in order of first appearance."""
        return tuple(dict.fromkeys(s.speaker for s in self.segments if s.speaker))

    def name_of(self, speaker: str) -> str:
        """How a speaker is shown: the name given by a person, else the provider's label."""
        return self.speaker_names.get(speaker, speaker)
