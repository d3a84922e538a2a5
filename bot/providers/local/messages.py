"""What the engine's child is asked and what it answers. Times in seconds from the start of the recording."""

from dataclasses import dataclass

from bot.subprocesses.wire import Wire

Said = list[object]  # [text, start, end, [[word, start, end], …]]


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Transcribe the file; blocks numbered in `done` are stored already. `language` None: detect it."""

    path: str
    language: str | None
    done: list[int]
    word_times: bool


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """The engine works at `seconds` of `total` (None if the file does not say) in block `number`."""

    number: int
    seconds: float
    total: float | None


@dataclass(frozen=True, slots=True)
class BlockDone:
    """A block is finished; `language` None while nothing was said that would tell it."""

    number: int
    segments: list[Said]
    language: str | None


@dataclass(frozen=True, slots=True)
class Done:
    """The recording is through: its length and the number of its blocks."""

    seconds: float
    blocks: int


@dataclass(frozen=True, slots=True)
class Unusable:
    """The file cannot be read; `code` is a `ProblemCode`."""

    code: str
    detail: str


ENGINE_WIRE = Wire(Transcribe, ProgressReport, BlockDone, Done, Unusable)
