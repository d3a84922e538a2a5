"""What the audio child is asked and what it answers."""

from dataclasses import dataclass

from bot.subprocesses.wire import Wire


@dataclass(frozen=True, slots=True)
class Probe:
    """Look at parts of a file of `size` bytes: `parts` are (offset, length) of stretches, `blob` their bytes in order.

    `last` says that no more will be fetched: answer with what there is.
    """

    size: int
    parts: list[list[int]]
    blob: bytes
    last: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """Look again with the bytes from `start` on; `end` 0 leaves it to the asked how many."""

    start: int
    end: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """The audio that was found, as `bot.ports.audio.AudioFacts`."""

    container: str
    codec: str
    seconds: float | None
    mime: str
    has_video: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """No usable audio; `code` is a `ProblemCode`, `detail` FFmpeg's words for the operator.

    `format` names what cannot be read, for the person who sent it.
    """

    code: str
    detail: str = ""
    format: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """An error in the child itself, which says nothing about the file; `traceback` is for the log."""

    name: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Transcode:
    """Convert the sound of the file `source` into `target`; `form` is one of `bot.audio.formats`.

    `seconds` is the announced length. It stops with a refusal after `longest` seconds of sound or `max_bytes` of
    output, and when the disk has fewer than `floor` bytes left.
    """

    source: str
    target: str
    form: str
    seconds: float | None
    longest: float
    max_bytes: int | None = None
    floor: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """So much of the source is read (0..1)."""

    done: float


@dataclass(frozen=True, slots=True)
class Transcoded:
    """The target is written: its length in seconds and bytes, and how many bad packets were skipped."""

    seconds: float
    size: int
    skipped: int


AUDIO_WIRE = Wire(Probe, Need, Facts, Refused, Failed, Transcode, Step, Transcoded)
