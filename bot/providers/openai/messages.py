"""What the cutting child is asked and what it answers. Times in seconds from the start of the recording."""

from dataclasses import dataclass

from bot.audio.messages import Failed, Refused
from bot.subprocesses.wire import Wire


@dataclass(frozen=True, slots=True)
class CutFile:
    """Cut the recording `source` into files in `folder`; `extension` is `flac` or `wav`.

    No piece is longer than `longest`, and none shorter than `shortest` unless the recording is. `seconds` is its
    announced length, for the progress.
    """

    source: str
    folder: str
    extension: str
    longest: float
    shortest: float
    seconds: float | None


@dataclass(frozen=True, slots=True)
class PieceMade:
    """A piece is written; `digest` is the SHA-256 of its file."""

    number: int
    start: float
    seconds: float
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class CutProgress:
    """So much of the recording is read (0..1)."""

    done: float


@dataclass(frozen=True, slots=True)
class AllCut:
    """The recording is through."""

    pieces: int


@dataclass(frozen=True, slots=True)
class CutSamples:
    """Take `spans` (start, end) out of the file `source`, each as a WAV file."""

    source: str
    spans: list[list[float]]


@dataclass(frozen=True, slots=True)
class Samples:
    """The WAV files that were asked for, one after the other in `blob`; their sizes in bytes."""

    sizes: list[int]
    blob: bytes


CUTTER_WIRE = Wire(CutFile, PieceMade, CutProgress, AllCut, CutSamples, Samples, Refused, Failed)
