"""One running bot in front of a fast simulated provider for all tests of a module, judged after each of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.register_assert_rewrite("tests.support.harnesses.bot", "tests.support.machine.bot_process")

from simulators.xosum import XosumSimulator  # noqa: E402 - after the line above, which asks for it
from tests.support.audio.recordings import record, tone  # noqa: E402 - the same
from tests.support.harnesses.bot import Place, Service, fast_xosum, open_place  # noqa: E402 - the same


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """What a module wants beside the usual environment."""
    return {}


@pytest.fixture(scope="module")
def service() -> Service:
    """The provider that a module's bot uses."""
    return fast_xosum()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(
    tmp_path_factory: pytest.TempPathFactory, service: Service, settings: dict[str, str]
) -> AsyncIterator[Place]:
    async with open_place(tmp_path_factory.mktemp("bot"), service, more=settings) as place:
        await place.start()
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def place(shared: Place) -> AsyncIterator[Place]:
    yield shared
    shared.slack.faults.clear()
    await shared.inspect()


@pytest.fixture
async def stopped(tmp_path: Path) -> AsyncIterator[Place]:
    """A place of one test's own, whose bot is not started yet."""
    async with open_place(tmp_path, fast_xosum()) as found:
        yield found


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a tone."""
    return record(tmp_path_factory.mktemp("clips") / "visit.mp3", tone(2.0), "mp3", "mp3")


@pytest.fixture
def xosum(place: Place) -> XosumSimulator:
    """The provider, with nothing remembered of earlier tests."""
    assert isinstance(place.service, XosumSimulator)
    place.service.ledger.clear()
    place.service.plans.clear()
    return place.service
