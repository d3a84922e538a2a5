"""Accounts at simulated OpenAI-compatible servers, over a real store."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.http import Http
from bot.ports.store import JobStore
from simulators.openai import OpenAISettings, OpenAISimulator
from simulators.openai.dialects import DialectName
from storage import open_store
from tests.providers.openai.account import Account, Serve, build
from tests.providers.peers import StillClock
from tests.storage.samples import added


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    opened = await open_store(f"sqlite:///{tmp_path}/jobs.db", None)
    yield opened
    await opened.close()


@pytest.fixture
def serving(store: JobStore, http: Http, clock: StillClock, tmp_path: Path) -> Serve:
    @asynccontextmanager
    async def serve(
        dialect: DialectName = "openai", settings: Mapping[str, str] | None = None, **more: object
    ) -> AsyncIterator[Account]:
        known = OpenAISettings.model_validate({"dialect": dialect, "hears": "tones", **more})
        async with OpenAISimulator(known, now=clock) as sim:
            environment = {**sim.environment(), "OPENAI_PIECE_SECONDS": "60", **(settings or {})}
            provider = build(environment, http, clock, store, tmp_path)
            job = await added(store, clock.now())
            yield Account(sim, provider, store, clock, job, tmp_path / "source", http, environment)

    return serve
