"""A PostgreSQL server of our own."""

from tests.storage.conftest import server

__all__ = ["server"]
