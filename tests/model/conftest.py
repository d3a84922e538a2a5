"""A PostgreSQL server for the model tests, where one is installed."""

from tests.storage.conftest import postgres_url, server

__all__ = ["postgres_url", "server"]
