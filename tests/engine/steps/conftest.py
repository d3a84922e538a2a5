"""Steps over the real store."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.job import Job
from bot.engine.events import EngineEvent
from storage import open_store
from tests.engine.steps.stepping import SETTINGS, Bench, Hearing, Scripted
from tests.support.harnesses.engine import new_engine
from tests.support.harnesses.model import JumpingClock, Thread, World


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    clock = JumpingClock()
    world = World(clock, random.Random(1), calm=True)
    store = await open_store(f"sqlite:///{tmp_path}/jobs.db")

    async def turn(job: Job) -> int:
        return 0

    provider, preparer, thread = Scripted(world), Hearing(), Thread(world, turn)
    happened: list[EngineEvent] = []
    engine = new_engine(
        settings=SETTINGS,
        store=store,
        clock=clock,
        chat=thread,
        preparer=preparer,
        providers={"xosum": provider},
        watch=happened.append,
    )
    yield Bench(engine.steps, store, clock, provider, preparer, thread, happened)
    await store.close()
