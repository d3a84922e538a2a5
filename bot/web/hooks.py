"""Providers' webhooks: verified by their provider, kept, and turned into a wake-up of the one job they are about.

A stranger's request changes nothing: the provider's own check comes first, then the job must exist and be open.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from bot.domain.errors import StoreError, WebhookRefused
from bot.domain.job import Job, State
from bot.engine.release import HOOK_INBOX
from bot.ports.clock import Clock
from bot.ports.provider import HasWebhookAddress, Provider, WebhookEvent, WebhookRequest
from bot.ports.store import JobFilter, JobStore
from bot.web.bodies import Bodies

MAX_BODY = 16 * 1024 * 1024  # a day of speech as text is well below this
LARGE_BODY = 64 * 1024  # from here on a body is parsed in a thread


@dataclass(slots=True)
class Hooks:
    """POST /hooks/{provider}/{token}: the token is the account's or the job's."""

    store: JobStore
    providers: Mapping[str, Provider]
    clock: Clock
    wake: Callable[[str], Awaitable[None]]
    refused: Callable[[str, str], None]
    bodies: Bodies = field(default_factory=lambda: Bodies(at_once=4))

    async def handle(self, request: web.Request) -> web.Response:
        """200 when it was believed (or may be forgotten), else 401, 404, 408 or 413; 503 to have it sent again.

        The address is checked first: nothing of a request is read whose address nobody was given.
        """
        name, token = request.match_info["provider"], request.match_info.get("token", "")
        provider = self.providers.get(name)
        try:
            if provider is None or not provider.capabilities.pushes or not await self._is_address(provider, token):
                return self._refusal(name if provider else "unknown", 404, "unknown address")
            body = await self.bodies.read(request, MAX_BODY)
            headers = {key.lower(): value for key, value in request.headers.items()}
            read = WebhookRequest(body, headers, token)
            if len(body) > LARGE_BODY:
                event = await asyncio.to_thread(provider.verify_webhook, read)
            else:
                event = provider.verify_webhook(read)
            if not event.ignored:
                await self._believe(provider, event)
        except WebhookRefused as refusal:
            return self._refusal(name, refusal.status, refusal.reason)
        except StoreError:
            return web.json_response({"error": "try again later"}, status=503)
        return web.json_response({"ok": True})

    async def _is_address(self, provider: Provider, token: str) -> bool:
        """Whether this is the account's own address, or that of one of its jobs."""
        if isinstance(provider, HasWebhookAddress):
            return hmac.compare_digest(token.encode("utf-8", "replace"), provider.webhook_token().encode())
        job = await self.store.job_by_hook_token(token) if token else None
        return job is not None and job.account == provider.account

    async def _believe(self, provider: Provider, news: WebhookEvent) -> None:
        job = await self._find(provider, news)
        if job is None:
            if not news.ref or not await self._create_under_way(provider):
                raise WebhookRefused(404, "unknown job")
        elif not job.is_at_provider:
            return  # a repeat: the result is there already
        ref = job.remote.ref if job is not None and job.remote else news.client_ref or news.ref
        now = self.clock.now()
        await self.store.put_inbox(
            HOOK_INBOX, f"{provider.account}:{news.key}", f"{provider.account}:{ref}", news.result, now, now
        )
        # A step may have stored the reference while the webhook was being kept, and have seen no webhook: check again.
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
