"""The seam to object storage: what several machines share when they have no directory in common."""

from collections.abc import Sequence
from typing import Protocol


class Blobs(Protocol):
    """Objects of one account. Keys are names joined by slashes; each object fits into memory (some MB).

    Every method raises `Misconfigured` for what the operator must fix (no such bucket, no permission) and `Transient`
    for what passes by itself.
    """

    async def put(self, key: str, data: bytes) -> None:
        """Store an object, whole or not at all, in place of the one with that key."""
        ...

    async def get(self, key: str) -> bytes | None:
        """Its bytes; None when there is none."""
        ...

    async def names(self, folder: str = "") -> Sequence[str]:
        """The names directly in the folder, of objects and of folders in it; "" is the top."""
        ...

    async def delete(self, folder: str) -> None:
        """Delete every object in the folder and below it. Silent when there is none."""
        ...

    async def check(self) -> None:
        """Store, read, list and delete an object, as the work does."""
        ...
