"""What provider tests share: a clock that only tests move, a recording to upload, an order, settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.configuration import load_settings
from bot.domain.errors import Rejected, StepError, Transient
from bot.domain.job import Options
from bot.ports.provider import TranscriptionRequest, WebhookRequest
from bot.settings import Settings
from simulators.provider.faults import Kind
from tests.simulators.provider.peers import Hook

FAILED_EXTRAS: list[tuple[Kind, type[StepError]]] = [
    ("server_error", Transient),
    ("cut_after", Transient),
    ("html", Transient),
    ("messsage", Rejected),
]
"""How the call for a summary or a note goes wrong, and what the provider makes of it."""

REF = "6a4b0f0e-3f5e-4f0b-9a53-d2f1c1a6a001"


class StillClock:
    """Stands still except when somebody sleeps or a test moves it; sleeping takes no real time."""

    def __init__(self, at: float = 1_750_000_000.0) -> None:
        self.at = at
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.at

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def advance(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class Recording:
    """A payload over bytes; `piece` is the size of its chunks."""

    content: bytes
    mime: str = "audio/mpeg"
    name: str = "clip.mp3"
    seconds: float | None = 2.0
    path: Path | None = None
    piece: int = 4096
    announced: int | None = None

    @property
    def size(self) -> int:
        return len(self.content) if self.announced is None else self.announced

    @asynccontextmanager
    async def stream(self, start: int = 0, end: int | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        async def chunks() -> AsyncIterator[bytes]:
            part = self.content[start:end]
            for place in range(0, len(part), self.piece):
                yield part[place : place + self.piece]

        yield chunks()


@dataclass
class Meter:
    """Counts what was spent and how far an upload came."""

    spent: int = 0
    share: float = 0.0

    async def spend(self) -> None:
        self.spent += 1

    async def progress(self, share: float) -> None:
        assert share >= self.share
        self.share = share


def an_order(client_ref: str = REF, **fields: Any) -> TranscriptionRequest:
    known: dict[str, object] = {
        "job_id": "abcdefghjk",
        "client_ref": client_ref,
        "name": "clip.mp3",
        "mime": "audio/mpeg",
        "size": 1000,
        "seconds": 2.0,
        "options": Options(),
        **fields,
    }
    return TranscriptionRequest(**known)  # type: ignore[arg-type]  # fields of a test's choice


def settings_for(environment: dict[str, str], **more: str) -> Settings:
    return load_settings({**environment, **more}, env_file=None)


def as_request(hook: Hook, token: str = "") -> WebhookRequest:
    return WebhookRequest(hook.raw, {name.lower(): value for name, value in hook.headers.items()}, token)
