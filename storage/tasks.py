"""Named leases: work that one process at a time does."""

from storage.engines.transaction import Database, Transaction, execute, writes_once


class StoredTasks:
    """Leases of tasks."""

    _db: Database

    @writes_once
    def claim_task(self, name: str, owner: str, now: float, seconds: float) -> Transaction[bool]:
        """Lease the task until `now + seconds`; True also if `owner` has it already (it is prolonged then)."""
        return bool((yield from execute("claim_task", name=name, owner=owner, now=now, until=now + seconds)))

    @writes_once
    def release_task(self, name: str, owner: str) -> Transaction[None]:
        """Give it back. Silent if it is lost already."""
        yield from execute("release_task", name=name, owner=owner)
