"""A webhook that comes while its job waits for the operator: not every provider sends one again, so it is kept."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.domain.job import FileFacts, Job, Options, Origin, RemoteJob, State
from bot.domain.machine import Finishing, Received, Submitting, Waiting, stage_of
from bot.engine.release import HOOK_INBOX, webhook_refs
from bot.http import Http
from bot.ports.store import JobStore, NewJob
from bot.providers.xosum.provider import XosumProvider
from bot.web.hooks import Hooks
from storage import open_store
from tests.providers.peers import StillClock
from tests.support.machine.http_server import serving
from tests.support.providers import account

KNOWN = {"XOSUM_API_KEY": "key", "XOSUM_WEBHOOK_SECRET": "hook-secret", "PUBLIC_URL": "https://bot.example"}
PUSH = {"event_type": "transcript_ready", "secret": "hook-secret", "docId": "doc-1", "transcription": "Some words"}


@asynccontextmanager
async def hooked(directory: Path) -> AsyncIterator[tuple[JobStore, str]]:
    """A store, and the address of the account's webhooks."""
    clock = StillClock()
    http, store = Http(clock), await open_store(f"sqlite:///{directory}/jobs.db")
    provider: XosumProvider = account("xosum", KNOWN, http, clock)

    async def wake(job_id: str) -> None:
        await store.wake(job_id, clock.now())

    app = web.Application()
    hooks = Hooks(store, {"xosum": provider}, clock, wake, lambda route, reason: None)
    app.router.add_post("/hooks/{provider}/{token}", hooks.handle)
    try:
        async with serving(app) as url:
            yield store, f"{url}/hooks/xosum/{provider.webhook_token()}"
    finally:
        await store.close()
        await http.aclose()


async def parked(store: JobStore, ready: bool) -> Job:
    """A job whose account broke while it waited, or (`ready`) while its result was fetched."""
    job, _ = await store.add_job(NewJob(Origin("T1", "C1", "1.0", "1.0", "F1", "U1")), 1.0)
    job = await store.apply(Received(job).submit(1.0, FileFacts(), "xosum", "xosum", Options()))
    job = await store.apply(Submitting(job).created(1.0, RemoteJob("doc-1")))
    job = await store.apply(Submitting(job).submitted(1.0, 1.0))
    if ready:
        job = await store.apply(Waiting(job).ready(1.0))
    stage = stage_of(job)
    assert isinstance(stage, Waiting | Finishing)
    return await store.apply(stage.park(1.0, "the key is wrong", "xosum"))


@pytest.mark.parametrize(("ready", "kept"), [(False, 1), (True, 0)])
async def test_it_is_kept_for_when_the_job_goes_on(tmp_path: Path, ready: bool, kept: int) -> None:
    async with hooked(tmp_path) as (store, address), aiohttp.ClientSession() as session:
        job = await parked(store, ready)
        async with session.post(address, data=json.dumps(PUSH)) as answer:
            assert answer.status == 200
        assert len(await store.inbox_for(HOOK_INBOX, *webhook_refs(job))) == kept
        row = await store.job(job.id)
        assert row is not None
        assert row.state is State.PARKED
