"""What is remembered of the newest jobs in this process only; losing it costs comfort, never a result."""

from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """A mapping that forgets its oldest entry beyond `limit`."""

    def __init__(self, limit: int = 2000) -> None:
        self._limit = limit
        self._found: OrderedDict[str, V] = OrderedDict()

    def put(self, key: str, value: V) -> None:
        """Remember or replace."""
        self._found.pop(key, None)
        self._found[key] = value
        while len(self._found) > self._limit:
            self._found.popitem(last=False)

    def get(self, key: str) -> V | None:
        """What is remembered, or None."""
        return self._found.get(key)

    def drop(self, key: str) -> None:
        """Forget."""
        self._found.pop(key, None)

    def __contains__(self, key: str) -> bool:
        return key in self._found
