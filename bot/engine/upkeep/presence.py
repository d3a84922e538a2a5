"""Each process reports every few seconds that it lives and what it does, so that an operator sees all of them."""

import json
import os
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from bot.domain.errors import StoreError
from bot.ports.clock import Clock
from bot.ports.store import Processes, ProcessFacts

REPORT_SECONDS = 10.0
LIVING_SECONDS = 45.0  # a process that was not seen for this long is gone
_SPOOL_ID = "spool-id"


@dataclass(slots=True)
class Presence:
    """This process among the others. `facts` gives what it does at this moment, as JSON without content."""

    store: Processes
    clock: Clock
    role: str
    spool: str
    facts: Callable[[], Mapping[str, object]]
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    started_at: float = 0.0

    async def report(self) -> None:
        """Say that this process lives. Raises `StoreError`."""
        now = self.clock.now()
        self.started_at = self.started_at or now
        facts = json.dumps(self.facts())
        await self.store.report_process(
            ProcessFacts(
                self.id,
                socket.gethostname(),
                self.role,
                version("threadscribe"),
                self.spool,
                self.started_at,
                now,
                facts,
            )
        )

    async def leave(self) -> None:
        """It ends. When the database is away, others see it for as long as `LIVING_SECONDS`."""
        with suppress(StoreError):
            await self.store.forget_process(self.id)

    async def others(self) -> Sequence[ProcessFacts]:
        """The other processes that live. Raises `StoreError`."""
        living = await self.store.processes(self.clock.now() - LIVING_SECONDS)
        return [process for process in living if process.id != self.id]

    async def without_our_spool(self) -> str:
        """A sentence when a living process keeps its audio in another directory than this one; "" when none does."""
        apart = sorted({other.host for other in await self.others() if other.spool != self.spool})
        if not apart:
            return ""
        return (
            f"SPOOL_SHARED is set, but {', '.join(apart)} keeps its audio in another directory: mount the same one as "
            "SPOOL_DIR everywhere, or unset SPOOL_SHARED."
        )


def spool_id(directory: Path) -> str:
    """The id of a directory, kept in it: two processes that read the same id share it. Raises `OSError`. Blocking."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / _SPOOL_ID
    draft = directory / f"{_SPOOL_ID}.{secrets.token_hex(4)}"
    draft.write_text(secrets.token_hex(8), encoding="ascii")
    try:
        os.link(draft, path)  # whole or not at all, and only one process makes it
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        if not path.exists():
            os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return path.read_text(encoding="ascii").strip()
