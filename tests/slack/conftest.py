"""A workplace for each test, in Socket Mode and over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.harnesses.slack import Workplace, workplace

WHO_DECIDE = ("bot.slack.settings.modal", "bot.slack.buttons.common", "bot.slack.buttons.transcribe_again")


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A submitted modal waits as long as it takes to ask Slack who may do it, which is long on a busy machine.

    `interaction/test_acknowledgement.py` has the real limit.
    """
    for module in WHO_DECIDE:
        monkeypatch.setattr(f"{module}.DECIDE_SECONDS", 30.0)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    """A running bot in Socket Mode."""
    async with workplace(tmp_path) as found:
        yield found


@pytest.fixture(params=["socket", "http"])
async def either(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Workplace]:
    """A running bot, once in each mode."""
    async with workplace(tmp_path, http_mode=request.param == "http") as found:
        yield found
