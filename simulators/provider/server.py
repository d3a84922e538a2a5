"""The base of a provider simulator: an aiohttp server that records, counts, applies faults and refuses."""

import asyncio
import uuid
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, Unpack

import aiohttp
from aiohttp import web

from simulators.provider.call import Call, JsonObject
from simulators.provider.control import add_control
from simulators.provider.jobs import JobPlan
from simulators.provider.ledger import Billed, RequestRecord, has_slack_token, without_secrets
from simulators.provider.refusal import CutError, RefusalError
from simulators.provider.results import Transcript, default_transcript
from simulators.provider.state import J, Place, ProviderState, S
from simulators.provider.uploads.media import Content

Handler = Callable[[Call], Awaitable[web.Response]]


class ProviderSimulator(ProviderState[S, J]):
    """A provider over real HTTP on `host`:`port` (0 picks one), used as `async with XosumSimulator() as xosum`."""

    def __init__(self, settings: S, **place: Unpack[Place]) -> None:
        super().__init__(settings, **place)
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=1.0)

    # ---- life

    async def start(self) -> None:
        """Begin to serve; `url` is known afterwards."""
        add_control(self)
        self.add_routes()
        self.app.router.add_route("*", "/{path:.*}", self._unknown_path)
        await self._runner.setup()
        site = web.TCPSite(self._runner, *self._address, backlog=1024)
        await site.start()
        self._address = self._runner.addresses[0][:2]
        await self.webhooks.start()

    async def stop(self) -> None:
        """Stop serving and forget what is queued."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.webhooks.stop()
        await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # ---- what each provider says

    @abstractmethod
    def add_routes(self) -> None:
        """Register the provider's operations with `route`."""

    @abstractmethod
    def error_body(self, refusal: RefusalError) -> JsonObject:
        """Return the provider's JSON for a refusal."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """Return the environment variables with which the bot would use this simulator."""

    @abstractmethod
    def transcript(self, job: J) -> Transcript:
        """Return the result of a job."""

    # ---- for the providers

    def route(self, method: str, path: str, operation: str, handler: Handler, *, counted: bool = True) -> None:
        """Serve `operation` at `path`; `counted` calls use the rate limit."""

        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(request, operation, method, handler, counted)

        self.app.router.add_route("*", path, serve)

    def next_plan(self) -> JobPlan:
        """Return the plan for a job being created."""
        return (self.plans.popleft() if self.plans else self.settings.plan).model_copy()

    def find(self, call: Call, job_id: str, words: str, name: str = "") -> J:
        """Return a job; refuses with 404 one that is unknown (a breach) or forgotten (none)."""
        job = self.jobs.get(job_id)
        if job is None:
            raise RefusalError(404, words, violation="unknown-id", name=name)
        call.record.job = job_id
        if job.forgotten:
            raise RefusalError(404, words, name=name)
        return job

    def begin(self, job: J, content: Content) -> None:
        """Start processing an upload: charge it, set its end, queue its webhooks."""
        now = self.clock.now()
        job.content, job.started_at = content, now
        seconds = job.plan.seconds
        if seconds is None:
            seconds = self.settings.job_seconds + self.settings.seconds_per_audio_second * content.seconds
        job.finishes_at = now + seconds
        self.ledger.bill(Billed(now, job.id, content.sha256, content.seconds, content.size))
        if job.plan.webhook == "never":
            return
        due = job.finishes_at + (job.plan.webhook_delay if job.plan.webhook == "late" else 0.0)
        self.webhooks.schedule(job.id, due, before=job.plan.extras)
        if job.plan.webhook == "twice":
            self.webhooks.schedule(job.id, due)

    def chosen_result(self, job: J) -> Transcript | None:
        """Return the result that a test set for the job or for its content."""
        if job.plan.result is not None:
            return job.plan.result
        return self.results.get(job.content.sha256) if job.content is not None else None

    def result_in(self, language: str, job: J) -> Transcript:
        """Return the result that a test set, else one in `language` that is made from the job's content (or its id)."""
        seed = job.content.sha256 if job.content is not None else job.id
        return self.chosen_result(job) or default_transcript(seed, language)

    @staticmethod
    def new_id() -> str:
        """Return a fresh UUID."""
        return str(uuid.uuid4())

    # ---- the path of every request

    async def _unknown_path(self, request: web.Request) -> web.StreamResponse:
        async def refuse(call: Call) -> web.Response:
            raise RefusalError(404, "Not found", violation="unknown-path", detail=request.path)

        return await self._serve(request, "unknown", request.method, refuse, counted=False)

    async def _serve(
        self, request: web.Request, operation: str, method: str, handler: Handler, counted: bool
    ) -> web.StreamResponse:
        minute = self.clock.minute()
        record = RequestRecord(
            at=self.clock.now(),
            minute=minute,
            operation=operation,
            method=request.method,
            path=request.path,
            headers=without_secrets(request.headers),
            counted=counted,
            size=request.content_length or 0,
        )
        self.ledger.requests.append(record)
        if counted:
            self._minutes[minute] += 1
        call = Call(request, record, self.ledger)
        try:
            response = await self._answer(call, method, handler)
        except RefusalError as refusal:
            response = self._refuse(call, refusal)
        except CutError:
            return self._cut(request)
        except (OSError, aiohttp.ClientError, asyncio.IncompleteReadError):
            return self._cut(request)  # the client left in the middle of its request
        record.status = response.status
        done = response.status < 300
        after = self.faults.take(operation, "cut_after", "slow_after", job=record.job) if done else None
        if after is not None:
            record.faults.append(after.kind)
            if after.kind == "cut_after":
                record.status = 0
                return self._cut(request)
            await asyncio.sleep(after.seconds)
        return response

    async def _answer(self, call: Call, method: str, handler: Handler) -> web.Response:
        request, operation = call.request, call.operation
        is_upload = operation == "upload"
        body = b"" if is_upload else await request.read()
        if has_slack_token(request.raw_path, request.headers, body):
            raise RefusalError(400, "Foreign credential", violation="slack-token", detail=request.path)
        if request.method != method:
            raise RefusalError(405, "Method not allowed", violation="wrong-method", detail=request.method)
        job = self.job_named(call, body)
        slow = self.faults.take(operation, "slow", job=job)
        if slow is not None:
            call.record.faults.append("slow")
            await asyncio.sleep(slow.seconds)
        if call.record.counted:
            self._check_rate(call)
        fault = self.faults.take(
            operation,
            *("unauthorized", "forbidden", "not_found", "rate_limited", "server_error", "messsage"),
            *("cut_before", "html"),
            job=job,
        )
        if fault is None:
            return await handler(call)
        call.record.faults.append(fault.kind)
        if fault.kind == "cut_before":
            raise CutError
        if fault.kind == "html":
            return web.Response(text="<!doctype html><title>Sign in</title><p>Please sign in", content_type="text/html")
        if fault.kind == "messsage":
            return web.json_response({"messsage": fault.text or "Injected fault"}, status=400)
        words = fault.text or "Injected fault"
        raise RefusalError(fault.http_status(), words, headers=fault.retry_header(self.clock.now()))

    def job_named(self, call: Call, body: bytes) -> str | None:
        """Return the id of the job that a request names, so that a fault can be meant for one job."""
        return None

    def _check_rate(self, call: Call) -> None:
        limit = self.settings.rate_limit
        if limit is not None and self._minutes[call.record.minute] > limit:
            wait = {"Retry-After": str(self.clock.seconds_to_next_minute())}
            detail = f"more than {limit} calls in minute {call.record.minute}"
            raise RefusalError(429, "Too many requests", violation="rate-limit", detail=detail, headers=wait)

    def _refuse(self, call: Call, refusal: RefusalError) -> web.Response:
        if refusal.violation:
            call.breach(refusal.violation, refusal.detail)
        if call.operation == "upload":
            code = refusal.name or "Error"
            text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{refusal}</Message></Error>"
            return web.Response(
                text=text, status=refusal.status, content_type="application/xml", headers=refusal.headers
            )
        return web.json_response(self.error_body(refusal), status=refusal.status, headers=refusal.headers)

    @staticmethod
    def _cut(request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
