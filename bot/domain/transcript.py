"""What was said: text, segments with times and speakers, and what is known about them."""

from dataclasses import dataclass, field


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

    @property
    def text(self) -> str:
        """The words alone, one segment a line."""
        return "\n".join(segment.text for segment in self.segments)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said."""
        return not any(segment.text.strip() for segment in self.segments)

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speaker labels in order of first appearance."""
        return tuple(dict.fromkeys(s.speaker for s in self.segments if s.speaker))

    def name_of(self, speaker: str) -> str:
        """How a speaker is shown: the name given by a person, else the provider's label."""
        return self.speaker_names.get(speaker, speaker)
