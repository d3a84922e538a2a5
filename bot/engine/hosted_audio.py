"""Audio that a provider downloads from us: which job, which bytes, and for how long (the /audio/{token} route).

A payload is opened when its job is submitted and kept until the job no longer needs it; after a restart it is
opened again on the first request. At most one payload per job is open.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from bot.domain.job import Job
from bot.ports.audio import AudioFacts, InputLimits, Payload, Preparer, SourceFile
from bot.ports.chat import Chat
from bot.ports.clock import Clock
from bot.ports.provider import Provider
from bot.ports.store import Jobs


async def _unseen(_: float) -> None:
    """Progress of a conversion that nobody watches."""


@dataclass(slots=True)
class _Held:
    stack: AsyncExitStack
    payload: Payload


@dataclass(slots=True)
class HostedAudio:
    """Hands out the audio of jobs whose provider fetches it."""

    store: Jobs
    chat: Chat
    preparer: Preparer
    providers: Mapping[str, Provider]
    clock: Clock
    _held: dict[str, _Held] = field(default_factory=dict)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def hold(self, job: Job, source: SourceFile, facts: AudioFacts, accepts: InputLimits) -> Payload:
        """Open the job's payload and keep it; the one that is open already, if there is one."""
        async with self._locks.setdefault(job.id, asyncio.Lock()):
            if held := self._held.get(job.id):
                return held.payload
            async with AsyncExitStack() as stack:
                prepared = self.preparer.prepare(job.id, source, facts, accepts, _unseen)
                payload = await stack.enter_async_context(prepared)
                self._held[job.id] = _Held(stack.pop_all(), payload)
            return payload

    async def payload_for(self, token: str) -> Payload | None:
        """What the bearer of this token may download; None for a token that is unknown, spent or too old."""
        job = await self.store.job_by_hook_token(token) if token else None
        provider = self.providers.get(job.provider) if job else None
        if job is None or provider is None or not provider.capabilities.fetches_audio:
            return None
        if not job.is_at_provider:
            await self.release(job.id)
            return None
        if job.remote and job.remote.expires_at is not None and self.clock.now() > job.remote.expires_at:
            return None
        if held := self._held.get(job.id):
            return held.payload
        source = await self.chat.source(job)
        facts = await self.preparer.inspect(source)
        payload = await self.hold(job, source, facts, provider.capabilities.accepts)
        if await self._is_open(job.id):
            return payload
        await self.release(job.id)  # it ended while its audio was being prepared
        return None

    async def _is_open(self, job_id: str) -> bool:
        job = await self.store.job(job_id)
        return job is not None and job.is_at_provider

    async def sweep(self) -> None:
        """Close the payloads of jobs that another process has moved on."""
        for job_id in list(self._held):
            if not await self._is_open(job_id):
                await self.release(job_id)

    async def release(self, job_id: str) -> None:
        """Close the job's payload; its spool file, if any, is deleted."""
        held = self._held.pop(job_id, None)
        self._locks.pop(job_id, None)
        if held is not None:
            await held.stack.aclose()

    async def close(self) -> None:
        """Close every payload."""
        for job_id in list(self._held):
            await self.release(job_id)
