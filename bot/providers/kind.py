"""What a provider package offers to the table of providers: its name, its settings, and how an account is built."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from bot.domain.transcript import Segment
from bot.ports.blobs import Blobs
from bot.ports.clock import Clock
from bot.ports.pieces import Pieces
from bot.ports.provider import Pace, Provider
from bot.settings import ProviderSettings

if TYPE_CHECKING:  # `--help` reads the table, and does not wait for the HTTP client
    from bot.http import Acquire, Http


class Blocks(Protocol):
    """Where finished blocks of a long transcription are stored, so that a restart goes on from there."""

    async def put_block(self, job_id: str, number: int, segments: Sequence[Segment], language: str | None) -> bool:
        """Store one finished block; False if the job does not want it any more."""
        ...

    async def blocks(self, job_id: str) -> Sequence[tuple[int, Sequence[Segment], str | None]]:
        """The stored blocks in order."""
        ...

    async def drop_blocks(self, job_id: str) -> None:
        """Delete them."""
        ...


class WorkStore(Blocks, Pieces, Protocol):
    """Where providers that do the work part by part keep what is done, and all of them a note to `doctor`."""

    async def claim_task(self, name: str, owner: str, now: float, seconds: float) -> bool:
        """Lease a task that one process at a time does; True also if `owner` has it already."""
        ...

    async def release_task(self, name: str, owner: str) -> None:
        """Give it back."""
        ...

    async def cursor(self, name: str) -> str:
        """A stored note, or ""."""
        ...

    async def put_cursor(self, name: str, value: str) -> None:
        """Store it."""
        ...


@dataclass(frozen=True, slots=True)
class ProviderContext:
    """What the program gives to a provider account.

    `acquire` waits for one call of the account's rate budget. `directory` is a private place for files of its own.
    `on_ready` is awaited with a job's id when the provider itself notices that the job is finished. `several` says that
    other processes, perhaps on other machines, work on the same jobs. `blobs` is what they share, if it is set up.
    """

    name: str
    public_url: str
    http: "Http"
    clock: Clock
    acquire: "Acquire | None"
    store: WorkStore
    directory: Path
    on_ready: Callable[[str], Awaitable[None]]
    several: bool = False
    blobs: Blobs | None = None


def _unpaced(_: Any) -> Pace | None:
    return None


@dataclass(frozen=True, slots=True)
class ProviderKind:
    """One line of the table. `build` imports the provider only when an account of it is used.

    `several`: there may be more than one account, with numbered variables (`OPENAI2_…`).
    """

    name: str
    title: str
    settings: type[ProviderSettings]
    build: Callable[[Any, ProviderContext], Provider]
    pace: Callable[[Any], Pace | None] = _unpaced
    several: bool = False
