"""The bot with one promise taken away, to show that the suite would see it. Exists only here.

`THREADSCRIBE_FAILPOINTS` begins with the weakness: `blind` (posts are never looked up), `hasty` (an event is
acknowledged before its job is committed, and nothing is caught up).
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from typing import TypeVar, cast

from bot.domain.job import Job, State, new_job_id
from bot.failpoints import Failpoints
from bot.failpoints.__main__ import main as serve
from bot.ports.store import JobStore, NewJob
from bot.slack.api.client import SlackClient
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json

T = TypeVar("T")
COMMIT_LATER_SECONDS = 0.5


class Weakened(Failpoints):
    """Failpoints that also stand in for what they wrap, with a weakness."""

    def __init__(self, text: str) -> None:
        weakness, _, rest = text.partition(",")
        self._weakness = weakness
        super().__init__(rest)

    def wrap(self, name: str, inner: T) -> T:
        """The wrapped object, weakened where its name says so."""
        wrapped = super().wrap(name, inner)
        if name == "slack":
            return cast(T, _Blind(cast(SlackClient, wrapped), self._weakness))
        if name == "store" and self._weakness == "hasty":
            return cast(T, _Hasty(cast(JobStore, wrapped)))
        return wrapped


class _Stand:
    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


class _Blind(_Stand):
    """A client whose readings of threads (or, for `hasty`, of channels and files) show nothing."""

    def __init__(self, inner: SlackClient, weakness: str) -> None:
        super().__init__(inner)
        self._client = inner
        seen = {"blind": {Method.REPLIES}, "hasty": {Method.HISTORY, Method.FILE_LIST, Method.CONVERSATIONS}}
        self._hidden = seen[weakness]

    async def pages(self, method: Method, **arguments: object) -> AsyncIterator[Json]:
        if method in self._hidden:
            return
        async for page in self._client.pages(method, **arguments):
            yield page


class _Hasty(_Stand):
    """A store whose new jobs are committed some time after intake believes it."""

    def __init__(self, inner: JobStore) -> None:
        super().__init__(inner)
        self._store = inner
        self._later: set[asyncio.Task[object]] = set()

    def _promise(self, commit: Coroutine[object, object, object]) -> None:
        async def later() -> None:
            await asyncio.sleep(COMMIT_LATER_SECONDS)
            await commit

        task: asyncio.Task[object] = asyncio.create_task(later())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def add_job(self, new: NewJob, now: float) -> tuple[Job, bool]:
        self._promise(self._store.add_job(new, now))
        promised = Job(new_job_id(), new.origin, State.RECEIVED, now, now, now)
        return replace(promised, file=new.file), True

    async def put_inbox(self, kind: str, key: str, ref: str, payload: bytes, now: float, due_at: float) -> bool:
        self._promise(self._store.put_inbox(kind, key, ref, payload, now, due_at))
        return True


def main() -> int:
    """Serve, weakened."""
    return serve(Weakened)


if __name__ == "__main__":
    sys.exit(main())
