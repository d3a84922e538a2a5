"""The `/control/...` JSON API, with which a test in another process reads and steers a simulator.

| Call | Does |
|---|---|
| `GET /control/state` | name, url, time, jobs, counts, pending faults, violations, billed, deliveries |
| `GET /control/requests?operation=&status=&job=` | the request ledger |
| `GET/POST /control/settings` | read, or change some of, the settings |
| `POST /control/faults` (a Fault), `DELETE` | queue a fault; drop all |
| `POST /control/plans` (a JobPlan) | how the next job created goes |
| `POST /control/results` `{sha256, result}` | the transcript for a content |
| `POST /control/webhooks` `{job, variant, url}` | send one now; the receiver's answer |
| `POST /control/jobs/{id}/{finish\\|forget\\|expire}` | end processing, drop, end the upload URL's life |
| `POST /control/revoke` | end the life of all access tokens |
| `POST /control/clock` `{advance}` or `{skew}` | move the provider's clock |
| `POST /control/settle` | wait until due webhooks were tried |
| `POST /control/reset`, `DELETE /control/ledger` | forget everything; forget only the records |
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Generic

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from simulators.provider.faults import Fault
from simulators.provider.jobs import JobPlan, Variant
from simulators.provider.results import Transcript
from simulators.provider.state import J, ProviderState, S


class _Result(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sha256: str
    result: Transcript


class _Webhook(BaseModel):
    model_config = ConfigDict(extra="forbid")
    job: str
    variant: Variant = "normal"
    url: str = ""


class _Clock(BaseModel):
    model_config = ConfigDict(extra="forbid")
    advance: float = 0.0
    skew: float | None = None


Answer = Callable[[web.Request], Awaitable[object]]


def add_control(simulator: ProviderState[S, J]) -> None:
    """Serve the control API on the simulator's own port."""
    control = _Control(simulator)
    for method, path, handler in (
        ("GET", "state", control.state),
        ("GET", "requests", control.requests),
        ("GET", "settings", control.settings),
        ("POST", "settings", control.change_settings),
        ("POST", "faults", control.add_fault),
        ("DELETE", "faults", control.clear_faults),
        ("POST", "plans", control.add_plan),
        ("POST", "results", control.set_result),
        ("POST", "webhooks", control.send_webhook),
        ("POST", "jobs/{id}/{act:finish|forget|expire}", control.change_job),
        ("POST", "revoke", control.revoke),
        ("POST", "clock", control.move_clock),
        ("POST", "settle", control.settle),
        ("POST", "reset", control.reset),
        ("DELETE", "ledger", control.clear_ledger),
    ):
        simulator.app.router.add_route(method, f"/control/{path}", _json(handler))


def _json(handler: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(await handler(request))
        except (ValidationError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        except KeyError as error:
            return web.json_response({"error": f"no such thing: {error}"}, status=404)

    return answer


class _Control(Generic[S, J]):
    """The handlers; each returns what is sent as JSON."""

    def __init__(self, simulator: ProviderState[S, J]) -> None:
        self._simulator = simulator

    async def state(self, request: web.Request) -> object:
        simulator = self._simulator
        ledger, now = simulator.ledger, simulator.clock.now()
        return {
            "name": simulator.name,
            "url": simulator.url,
            "time": now,
            "jobs": {
                job.id: {
                    "sha256": job.content.sha256 if job.content else None,
                    "finished": job.finished(now),
                    "error": job.failure(now),
                }
                for job in simulator.jobs.values()
            },
            "per_minute": dict(ledger.per_minute()),
            "violations": [asdict(violation) for violation in ledger.violations],
            "billed": [asdict(entry) for entry in ledger.billed],
            "deliveries": [asdict(delivery) for delivery in ledger.deliveries],
            "faults": [fault.model_dump() for fault in simulator.faults.pending()],
            "fired": simulator.faults.fired,
            "webhooks_outstanding": simulator.webhooks.outstanding(),
        }

    async def requests(self, request: web.Request) -> object:
        status = request.query.get("status")
        found = self._simulator.ledger.find(
            request.query.get("operation"),
            status=int(status) if status else None,
            job=request.query.get("job"),
        )
        return {"requests": [asdict(record) for record in found]}

    async def settings(self, request: web.Request) -> object:
        return self._simulator.settings.model_dump(mode="json")

    async def change_settings(self, request: web.Request) -> object:
        settings = self._simulator.settings
        changed = type(settings).model_validate(settings.model_dump() | await request.json())
        self._simulator.settings = changed
        return changed.model_dump(mode="json")

    async def add_fault(self, request: web.Request) -> object:
        self._simulator.faults.add(Fault.model_validate(await request.json()))
        return {}

    async def clear_faults(self, request: web.Request) -> object:
        self._simulator.faults.clear()
        return {}

    async def add_plan(self, request: web.Request) -> object:
        self._simulator.plans.append(JobPlan.model_validate(await request.json()))
        return {}

    async def set_result(self, request: web.Request) -> object:
        wanted = _Result.model_validate(await request.json())
        self._simulator.results[wanted.sha256] = wanted.result
        return {}

    async def send_webhook(self, request: web.Request) -> object:
        wanted = _Webhook.model_validate(await request.json())
        return asdict(await self._simulator.send_webhook(wanted.job, wanted.variant, url=wanted.url))

    async def change_job(self, request: web.Request) -> object:
        job, act = request.match_info["id"], request.match_info["act"]
        if act == "finish":
            self._simulator.finish(job)
        elif act == "forget":
            self._simulator.forget(job)
        else:
            self._simulator.expire_upload(job)
        return {}

    async def revoke(self, request: web.Request) -> object:
        self._simulator.revoke_tokens()
        return {}

    async def move_clock(self, request: web.Request) -> object:
        move = _Clock.model_validate(await request.json())
        if move.skew is not None:
            self._simulator.clock.skew = move.skew
        self._simulator.clock.advance(move.advance)
        return {"time": self._simulator.clock.now()}

    async def settle(self, request: web.Request) -> object:
        await self._simulator.settle()
        return {}

    async def reset(self, request: web.Request) -> object:
        self._simulator.reset()
        return {}

    async def clear_ledger(self, request: web.Request) -> object:
        self._simulator.ledger.clear()
        return {}
