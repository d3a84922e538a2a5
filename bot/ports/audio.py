"""The seam to the audio tools: what people drop becomes what a provider takes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.domain.job import FileFacts

Progress = Callable[[float], Awaitable[None]]  # 0..1 of the present step; cheap to call often


class SourceFile(Protocol):
    """Bytes that can be read as a stream, any number of times: a file in Slack, or on disk."""

    @property
    def facts(self) -> FileFacts:
        """Name, announced type and size in bytes."""
        ...

    def stream(self, start: int = 0, end: int | None = None) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Chunks of bytes [start, end) (to the end when None). Raises `StepError` on opening or in mid-stream."""
        ...


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What probing found. `container` and `codec` by FFmpeg's names; `seconds` None where the head does not tell."""

    container: str
    codec: str
    seconds: float | None
    mime: str  # canonical type of the audio, e.g. "audio/mpeg", "audio/mp4"
    has_video: bool = False


@dataclass(frozen=True, slots=True)
class InputLimits:
    """What a provider takes. `mimes` are canonical types; empty means any audio that FFmpeg can read."""

    mimes: frozenset[str]
    max_seconds: float | None = None
    max_bytes: int | None = None
    video: bool = False
    on_disk: bool = False  # the provider reads `Payload.path`, so even a fitting file is spooled


class Payload(Protocol):
    """Audio in a form that the provider takes: exactly `size` bytes of type `mime`."""

    @property
    def name(self) -> str:
        """File name with the right extension."""
        ...

    @property
    def mime(self) -> str:
        """Type that the provider is told."""
        ...

    @property
    def size(self) -> int:
        """Exact number of bytes."""
        ...

    @property
    def seconds(self) -> float | None:
        """Length of the audio, where known."""
        ...

    @property
    def path(self) -> Path | None:
        """Where it lies on disk, if it was spooled; None while it streams straight through."""
        ...

    def stream(self, start: int = 0, end: int | None = None) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Chunks of bytes [start, end). Ends with `StepError` if the source breaks or has another length."""
        ...


class Preparer(Protocol):
    """Turns what people drop into what a provider takes, without ever holding a file in memory."""

    async def inspect(self, source: SourceFile) -> AudioFacts:
        """Look at the head (and tail) of the bytes. Raises `Rejected` when this is not usable audio."""
        ...

    def prepare(
        self, job_id: str, source: SourceFile, facts: AudioFacts, accepts: InputLimits, progress: Progress
    ) -> AbstractAsyncContextManager[Payload]:
        """The payload: streamed through when it fits, else spooled and converted. Spool files go with the context.

        Raises `Rejected` for what exceeds the limits (before a byte is sent) or cannot be converted.
        """
        ...
