"""One running bot in front of a fast simulated provider for all tests of a module, judged after each of them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

pytest.register_assert_rewrite("tests.support.bot_harness", "tests.support.bot_process")

from simulators.xosum import XosumSimulator  # noqa: E402 - after the line above, which asks for it
from tests.support.bot_harness import Place, fast_xosum, open_place  # noqa: E402 - the same


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """What a module wants beside the usual environment."""
    return {}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str]) -> AsyncIterator[Place]:
    async with open_place(tmp_path_factory.mktemp("bot"), fast_xosum(), more=settings) as place:
        await place.start()
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def place(shared: Place) -> AsyncIterator[Place]:
    yield shared
    shared.slack.faults.clear()
    await shared.inspect()


@pytest.fixture
def xosum(place: Place) -> XosumSimulator:
    """The provider, with nothing remembered of earlier tests."""
    assert isinstance(place.service, XosumSimulator)
    place.service.ledger.clear()
    place.service.plans.clear()
    return place.service
