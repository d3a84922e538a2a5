"""Delivery of payloads to the app: attempts, repeats, and the faults of delivery that a test may set.

A payload has a kind (`events_api`, `slash_commands`, `interactive`); a transport (Socket Mode or HTTP) sends it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, field
from typing import Literal, Protocol

from simulators.slack.model.changes import FileOrder
from simulators.slack.options import Options
from simulators.slack.records import BOT_USER
from simulators.slack.wire import Json, as_object, as_text

PayloadKind = Literal["events_api", "slash_commands", "interactive"]
Flow = Literal["on", "hold", "drop"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended: acknowledged (perhaps with a payload), or why not.

    `failure` is one of Slack's reasons: `timeout`, `http_timeout`, `http_error`, `connection_failed`, `no_connection`;
    `no_options_load_url` when a menu asks an app that named no address for it.
    """

    failure: str = ""
    payload: Json = field(default_factory=dict)
    stop: bool = False

    @property
    def acknowledged(self) -> bool:
        """Whether the app took it."""
        return not self.failure


class Transport(Protocol):
    """A way to the app."""

    async def send(self, kind: PayloadKind, payload: Json, retry: int, reason: str) -> Outcome:
        """Send one payload and wait for its acknowledgement, at most `ack_timeout` seconds."""
        ...


@dataclass(slots=True)
class DeliveryRecord:
    """One event's way to the app: `outcomes` has an entry for each attempt, `ok` or the reason it failed."""

    event_id: str
    type: str
    subtype: str
    channel: str
    sent: float
    outcomes: list[str] = field(default_factory=list)
    done: bool = False

    def as_json(self) -> Json:
        """Return the record for the control interface."""
        return asdict(self)


class Delivery:
    """Sends events and interactions to the app and keeps a record of every attempt.

    `flow` is `on`, `hold` (kept until `resume`) or `drop`; `repeats` is how often each event is sent, with a new
    event id each time; `file_order` is the order of an upload's two events; `pause_between` (seconds) spreads repeats.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.records: list[DeliveryRecord] = []
        self.flow: Flow = "on"
        self.repeats = 1
        self.pause_between = 0.0
        self.file_order: FileOrder = "message_first"
        self.transport: Transport | None = None
        self._held: list[Json] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._watchers: list[Callable[[], None]] = []

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` after every attempt."""
        self._watchers.append(watcher)

    def _note(self, record: DeliveryRecord, outcome: Outcome) -> None:
        record.outcomes.append(outcome.failure or "ok")
        for watcher in self._watchers:
            watcher()

    def background(self, work: Coroutine[None, None, None]) -> None:
        """Run work beside the caller until it ends or the simulator closes."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    @property
    def idle(self) -> bool:
        """Whether no delivery is under way or waits to be repeated."""
        return not self._tasks

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        for watcher in self._watchers:
            watcher()

    def event(self, event: Json, *, repeats: int | None = None) -> None:
        """Send an event to the app, as often as asked, each time with a new event id."""
        if self.flow == "drop":
            return
        if self.flow == "hold":
            self._held.append(event)
            return
        for number in range(repeats or self.repeats):
            self.background(self._deliver(self._wrapped(event), number * self.pause_between))

    def resume(self) -> None:
        """Let events flow again and send those that were held."""
        self.flow = "on"
        held, self._held = self._held, []
        for event in held:
            self.event(event)

    async def once(self, kind: PayloadKind, payload: Json) -> Outcome:
        """Send a payload as it is, in one attempt, whatever the flow is set to: so commands and interactions travel."""
        record = self._record(kind, payload)
        outcome = await self._attempt(kind, payload, 0, "")
        record.done = True
        self._note(record, outcome)
        return outcome

    def _record(self, kind: PayloadKind, payload: Json) -> DeliveryRecord:
        """Open the record of a payload: an event's is about the event within its envelope."""
        inner = as_object(payload.get("event")) or payload
        record = DeliveryRecord(
            as_text(payload.get("event_id")),
            as_text(inner.get("type")) or kind,
            as_text(inner.get("subtype")),
            as_text(inner.get("channel")) or as_text(inner.get("channel_id")),
            time.time(),
        )
        self.records.append(record)
        return record

    async def settled(self) -> None:
        """Wait until no delivery is under way."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def close(self) -> None:
        """Stop all deliveries."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _attempt(self, kind: PayloadKind, payload: Json, retry: int, reason: str) -> Outcome:
        if self.transport is None:
            return Outcome("no_connection")
        return await self.transport.send(kind, payload, retry, reason)

    async def _deliver(self, payload: Json, delay: float) -> None:
        await asyncio.sleep(delay)
        record = self._record("events_api", payload)
        outcome = await self._attempt("events_api", payload, 0, "")
        self._note(record, outcome)
        for number, wait in enumerate(self.options.retry_delays, start=1):
            if outcome.acknowledged or outcome.stop:
                break
            if outcome.failure == "no_connection" and self.options.offline_events == "drop":
                break
            await asyncio.sleep(wait)
            outcome = await self._attempt("events_api", payload, number, outcome.failure)
            self._note(record, outcome)
        record.done = True

    def _wrapped(self, event: Json) -> Json:
        team = self.options.team_id
        source = as_text(event.get("source_team")) or team
        return envelope(self.options, event, team_id=source, whole=self.options.org_installed) | {
            "context_team_id": source,
            "context_enterprise_id": self.options.enterprise_id or None,
            "is_ext_shared_channel": source != team,
            "event_context": "4-" + secrets.token_hex(16),
        }


def envelope(options: Options, event: Json, *, team_id: str | None, whole: bool) -> Json:
    """Return the envelope of an event, with a new event id; `whole`: the app is installed in the whole organisation."""
    return {
        "token": "local-verification-token",
        "team_id": team_id,
        "api_app_id": options.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": "Ev0" + secrets.token_hex(5).upper(),
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": options.enterprise_id or None,
                "team_id": None if whole else options.team_id,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": whole,
            }
        ],
    }
