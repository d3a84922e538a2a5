"""Providers' webhooks: verified by their provider, kept, and turned into a wake-up of the one job they are about.

A stranger's request changes nothing: the provider's own check comes first, then the job must exist and be open.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from bot.domain.errors import StoreError, WebhookRefused
from bot.domain.job import Job, State
from bot.engine.release import HOOK_INBOX
from bot.ports.clock import Clock
from bot.ports.provider import Provider, WebhookEvent, WebhookRequest
from bot.ports.store import JobFilter, JobStore

MAX_BODY = 16 * 1024 * 1024  # a day of speech as text is well below this
OPEN = frozenset({State.SUBMITTING, State.WAITING})


@dataclass(slots=True)
class Hooks:
    """POST /hooks/{provider} and /hooks/{provider}/{token}."""

    store: JobStore
    providers: Mapping[str, Provider]
    clock: Clock
    wake: Callable[[str], Awaitable[None]]
    refused: Callable[[str, str], None]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer 200 when it was believed (or may be forgotten), 401, 404, 413 otherwise, 503 to have it sent again."""
        name = request.match_info["provider"]
        provider = self.providers.get(name)
        if provider is None:
            return self._refusal("unknown", 404, "unknown provider")
        try:
            body = await _read(request)
            headers = {key.lower(): value for key, value in request.headers.items()}
            news = provider.verify_webhook(WebhookRequest(body, headers, request.match_info.get("token", "")))
            if not news.ignored:
                await self._believe(provider, news)
        except WebhookRefused as refusal:
            return self._refusal(name, refusal.status, refusal.reason)
        except StoreError:
            return web.json_response({"error": "try again later"}, status=503)
        return web.json_response({"ok": True})

    async def _believe(self, provider: Provider, news: WebhookEvent) -> None:
        job = await self._find(provider, news)
        if job is None:
            if not news.ref or not await self._create_under_way(provider):
                raise WebhookRefused(404, "unknown job")
        elif job.state not in OPEN:
            return  # a repeat: the result is there already
        ref = job.remote.ref if job is not None and job.remote else news.client_ref or news.ref
        now = self.clock.now()
        await self.store.put_inbox(
            HOOK_INBOX, f"{provider.account}:{news.key}", f"{provider.account}:{ref}", news.result, now, now
        )
        # Its reference may have been stored while the push was being kept: whoever did so saw no push, so look again.
        job = job or await self._find(provider, news)
        if job is not None:
            await self.wake(job.id)

    async def _find(self, provider: Provider, news: WebhookEvent) -> Job | None:
        if news.hook_token:
            job = await self.store.job_by_hook_token(news.hook_token)
            if job is None or job.account != provider.account:
                raise WebhookRefused(401, "unknown token")
            if news.ref and job.remote is not None and job.remote.ref != news.ref:
                raise WebhookRefused(401, "another job")
            return job
        for ref in (news.ref, news.client_ref):
            if ref and (job := await self.store.job_by_ref(provider.account, ref)):
                return job
        return None

    async def _create_under_way(self, provider: Provider) -> bool:
        """Whether some job's create may have been received and not yet stored: its webhook can be early."""
        jobs = await self.store.jobs(JobFilter(states=(State.SUBMITTING,), limit=200))
        return any(job.account == provider.account and job.remote is None for job in jobs)

    def _refusal(self, route: str, status: int, reason: str) -> web.Response:
        self.refused(route, reason)
        return web.json_response({"error": "refused"}, status=status)


async def _read(request: web.Request) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > MAX_BODY:
            raise WebhookRefused(413, "oversized")
    return bytes(body)
