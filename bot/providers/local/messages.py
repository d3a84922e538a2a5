"""What the engine's child is asked and what it answers. Times in seconds from the start of the recording.

A child serves one request at a time and answers it with any number of `ProgressReport`s and one other message. The
first thing that it says is `Ready` or `ModelUnusable`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.transcript import Segment, Word
from bot.subprocesses.wire import Wire

Row = list[object]  # a segment: [text, start, end, speaker, language, unclear, [[word, start, end], …]]


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Transcribe block `number` of the file. `language` None: detect it, `before` is that of the block before.

    `longest`: the seconds after which a recording is too long. `speakers`: also find voices, for `NameSpeakers`.
    """

    path: str
    longest: float
    number: int
    language: str | None
    before: str | None
    vocabulary: list[str]
    speakers: bool


@dataclass(frozen=True, slots=True)
class NameSpeakers:
    """Say who speaks: `blob` holds the voices of all blocks, `rows` all segments; `count` people, None: detect."""

    rows: list[Row]
    count: int | None
    blob: bytes = b""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Hear half a second, to see that everything works."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded; `device` is what it runs on."""

    device: str


@dataclass(frozen=True, slots=True)
class ModelUnusable:
    """The model cannot be loaded. The child ends."""

    detail: str


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """The engine works at `seconds` of `total` (None if the file does not say)."""

    seconds: float
    total: float | None


@dataclass(frozen=True, slots=True)
class BlockDone:
    """A block is finished. `language` is that of its last words, None if there are none.

    `confidence`: how sure the language is (None: it was given), weighed by `speech` seconds. `separate`: each channel
    is a speaker. `blob` holds the voices.
    """

    number: int
    rows: list[Row]
    language: str | None
    confidence: float | None
    speech: float
    separate: bool
    blob: bytes = b""


@dataclass(frozen=True, slots=True)
class Done:
    """There is no such block: the recording's length and the number of its blocks."""

    seconds: float
    blocks: int


@dataclass(frozen=True, slots=True)
class SpeakersNamed:
    """Segments with their speakers, cut where they change; `origins`: of which row of the request each is a part."""

    rows: list[Row]
    origins: list[int]


@dataclass(frozen=True, slots=True)
class SelfTestPassed:
    """Half a second was heard on `device`; `speakers` says why voices cannot be told apart, or is empty."""

    device: str
    speakers: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """The file cannot be read; `code` is a `ProblemCode`."""

    code: str
    detail: str


ENGINE_WIRE = Wire(
    Transcribe,
    NameSpeakers,
    SelfTest,
    Ready,
    ModelUnusable,
    ProgressReport,
    BlockDone,
    Done,
    SpeakersNamed,
    SelfTestPassed,
    Unusable,
)


def to_row(segment: Segment) -> Row:
    """A segment as JSON has it."""
    words = [[word.text, word.start, word.end] for word in segment.words]
    return [segment.text, segment.start, segment.end, segment.speaker, segment.language, segment.unclear, words]


def from_row(row: Sequence[object]) -> Segment:
    """The segment of a row that our own child wrote. Raises `ValueError` for anything else."""
    match row:
        case [str(text), start, end, speaker, language, bool(unclear), [*words]]:
            return Segment(
                text,
                _number(start),
                _number(end),
                speaker if isinstance(speaker, str) else None,
                tuple(_word(word) for word in words),
                language if isinstance(language, str) else None,
                unclear,
            )
    raise ValueError("not a segment")


def _word(word: object) -> Word:
    match word:
        case [str(text), float() | int() as start, float() | int() as end]:
            return Word(text, float(start), float(end))
    raise ValueError("not a word")


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
