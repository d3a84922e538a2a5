"""What the app asked of Slack: one entry for each request, with the kind of token it carried and how it ended."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from simulators.slack.rules.tokens import TokenKind
from simulators.slack.wire import Json


@dataclass(slots=True)
class Entry:
    """One request; `args` leave out tokens and file bytes, `status` is 0 while it runs or when it was cut."""

    number: int
    method: str
    token: TokenKind
    host: str
    time: float
    args: Json = field(default_factory=dict)
    status: int = 0
    error: str = ""
    seconds: float = 0.0
    cut: bool = False
    stray: bool = False

    def as_json(self) -> Json:
        """Return the entry for the control interface."""
        return asdict(self)


class Ledger:
    """Every request in the order it came, counters by method, and tokens that went where they must not."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.counts: Counter[str] = Counter()
        self.finished: Counter[str] = Counter()
        self._watchers: list[Callable[[], None]] = []

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` whenever an entry is opened or closed."""
        self._watchers.append(watcher)

    def begin(self, method: str, token: TokenKind, host: str) -> Entry:
        """Open the entry of a request."""
        entry = Entry(len(self.entries) + 1, method, token, host, time.time())
        self.entries.append(entry)
        self.counts[method] += 1
        self._notify()
        return entry

    def end(self, entry: Entry, status: int) -> None:
        """Close the entry of a request."""
        entry.status, entry.seconds = status, time.time() - entry.time
        self.finished[entry.method] += 1
        self._notify()

    def of(self, method: str) -> list[Entry]:
        """Return the entries of one method (or path)."""
        return [entry for entry in self.entries if entry.method == method]

    @property
    def strays(self) -> list[Entry]:
        """Requests that carried a Slack token to a route or host that is not Slack's."""
        return [entry for entry in self.entries if entry.stray]

    def clear(self) -> None:
        """Forget all entries and counters."""
        self.entries.clear()
        self.counts.clear()
        self.finished.clear()

    def _notify(self) -> None:
        for watcher in self._watchers:
            watcher()
