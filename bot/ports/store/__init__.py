"""The port to everything durable.

Each method is one transaction; `StoreError` means that nothing was written. All times are Unix seconds.
"""

from collections.abc import Callable
from typing import Protocol

from bot.ports.pieces import Pieces
from bot.ports.store.content import Search, Transcripts
from bot.ports.store.jobs import Jobs
from bot.ports.store.messages import Inbox, Outbox
from bot.ports.store.processes import BudgetState, LaneBacklog, Paces, Processes, ProcessFacts
from bot.ports.store.records import Audit, Retention
from bot.ports.store.shared import Budgets, Preferences, Tasks
from bot.ports.store.values import (
    AuditAction,
    AuditEntry,
    AuditFilter,
    ChannelSettings,
    DayUse,
    ErasedJob,
    EraseFilter,
    Found,
    FoundPage,
    Hold,
    HoldKind,
    InboxItem,
    JobEvent,
    JobFilter,
    NewJob,
    OutboxMessage,
    Phase,
    SearchFilter,
    SpeakerNames,
)
from bot.ports.store.workspaces import ACCESS_REVOKED, Installation, Workspace, Workspaces

__all__ = [
    "ACCESS_REVOKED",
    "Audit",
    "AuditAction",
    "AuditEntry",
    "AuditFilter",
    "BudgetState",
    "Budgets",
    "ChannelSettings",
    "DayUse",
    "EraseFilter",
    "ErasedJob",
    "Found",
    "FoundPage",
    "Hold",
    "HoldKind",
    "Inbox",
    "InboxItem",
    "Installation",
    "JobEvent",
    "JobFilter",
    "JobStore",
    "Jobs",
    "LaneBacklog",
    "Messages",
    "NewJob",
    "Outbox",
    "OutboxMessage",
    "Paces",
    "Phase",
    "Preferences",
    "ProcessFacts",
    "Processes",
    "Retention",
    "Search",
    "SearchFilter",
    "SpeakerNames",
    "Tasks",
    "Transcripts",
    "Workspace",
    "Workspaces",
]


class Messages(Outbox, Inbox, Protocol):
    """What was posted, and what came in."""


class JobStore(
    Jobs,
    Transcripts,
    Pieces,
    Search,
    Messages,
    Tasks,
    Budgets,
    Preferences,
    Processes,
    Audit,
    Retention,
    Workspaces,
    Protocol,
):
    """Everything durable."""

    async def clock_offset(self, now: float) -> float:
        """Seconds to add to this machine's clock to get the time that all processes share (the database's).

        0.0 where a process has the database to itself.
        """
        ...

    async def listen(self, on_wake: Callable[[str], None]) -> None:
        """Call `on_wake` with the name of each lane that a process wakes (`add_job`, `wake`, `request_cancel`,
        `mark_deleted`), until cancelled. Raises `StoreUnavailable` when the connection is cut: call it again.

        Where a process has the database to itself this just waits. Lanes poll all the same.
        """
        ...

    async def schema_fault(self) -> str:
        """A sentence once a later program has changed the database so that this one cannot work with it; else ""."""
        ...

    async def rehearse_event(self, now: float) -> None:
        """Store a recording and deferred work as an event of Slack's would, and take both back. Raises `StoreError`."""
        ...

    async def ping(self) -> None:
        """Write and read one row. Raises `StoreError`."""
        ...

    async def close(self) -> None:
        """Close the database."""
        ...
