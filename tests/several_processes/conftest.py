"""A PostgreSQL server of our own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import postgres


@pytest.fixture(scope="session")
def server() -> Iterator[Path]:
    """The socket folder of a PostgreSQL server that is there for these tests only."""
    folder = postgres.binaries()
    if folder is None:
        pytest.skip("PostgreSQL left out: its server is not installed here")
    with postgres.running(folder) as home:
        yield home
