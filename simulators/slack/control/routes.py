"""`/control/`: the simulator's own JSON interface, for tests and benchmarks in other processes; served when asked for.

Each `POST /control/NAME` takes a JSON object and answers one; what only reads also answers GET. A fault in the request
is `{"error": …}` with status 400. The same acts are Python methods of `SlackSimulator`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from simulators.slack.control.acts import ControlActs, shown
from simulators.slack.control.faults import ControlFaults
from simulators.slack.core import SlackCore
from simulators.slack.model.objects import file_object
from simulators.slack.wire import Arguments, Json, SlackError, as_number, parse_object

Answer = Callable[[Arguments], Awaitable[Json]]


class ControlRoutes:
    """Lets another process see the workspace; `ControlActs` and `ControlFaults` let it act."""

    def __init__(self, slack: SlackCore) -> None:
        self.slack = slack

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the routes, one for each public method of the three classes."""
        readers: tuple[Answer, ...] = (
            self.info,
            self.ledger,
            self.deliveries,
            self.messages,
            self.file,
            self.faults,
        )
        for name, answer in {**acts_of(ControlActs(self.slack)), **acts_of(ControlFaults(self.slack))}.items():
            router.add_post(f"/control/{name}", _route(answer))
        router.add_post("/control/wait", _route(self.wait))
        for reader in readers:
            name = getattr(reader, "__name__", "")
            router.add_post(f"/control/{name}", _route(reader))
            router.add_get(f"/control/{name}", _route(reader))

    async def info(self, _args: Arguments) -> Json:
        """Addresses, tokens and how many sockets are open."""
        slack = self.slack
        return {
            "url": slack.url,
            "page_url": slack.page_url,
            "api_url": slack.api_url,
            "elsewhere_url": slack.elsewhere_url,
            "bot_token": slack.bot_token,
            "app_token": slack.app_token,
            "signing_secret": slack.signing_secret,
            "sockets": slack.sockets.sockets,
            "sockets_opened": slack.sockets.opened,
        }

    async def ledger(self, args: Arguments) -> Json:
        """Requests (`method`, `after` = entry number), counts by method, and strays."""
        after, method = int(as_number(args.values.get("after"))), args.text("method")
        entries = [
            entry.as_json()
            for entry in self.slack.ledger.entries
            if entry.number > after and (not method or entry.method == method)
        ]
        strays = [entry.as_json() for entry in self.slack.ledger.strays]
        return {"entries": entries, "counts": dict(self.slack.ledger.counts), "strays": strays}

    async def deliveries(self, args: Arguments) -> Json:
        """Events and interactions that were sent, with the outcome of each attempt."""
        kind = args.text("type")
        records = [r.as_json() for r in self.slack.delivery.records if not kind or r.type == kind]
        return {"deliveries": records}

    async def messages(self, args: Arguments) -> Json:
        """Messages of a `channel`, or of its thread `ts`, with metadata, as the API would show them all."""
        channel, ts = args.required("channel"), args.text("ts")
        found = self.slack.replies(channel, ts) if ts else self.slack.messages(channel)
        return {"messages": [shown(self.slack, message) for message in found]}

    async def file(self, args: Arguments) -> Json:
        """One file."""
        file = self.slack.workspace.files.get(args.required("file"))
        if file is None:
            raise SlackError("file_not_found")
        return {"file": file_object(self.slack.workspace, file, shares=True)}

    async def faults(self, _args: Arguments) -> Json:
        """The faults that are set."""
        return {"faults": [fault.as_json() for fault in self.slack.faults.active]}

    async def wait(self, args: Arguments) -> Json:
        """Wait until something holds, at most `timeout` seconds (10); `{"met": bool}`.

        One of: `method` was called `count` times (`finished`: and answered); thread `ts` in `channel` has `replies`
        replies; `sockets` are open; all events are `settled`.
        """
        try:
            await self.slack.until(self._condition(args), as_number(args.values.get("timeout"), 10.0))
        except TimeoutError:
            return {"met": False}
        return {"met": True}

    def _condition(self, args: Arguments) -> Callable[[], bool]:
        slack = self.slack
        if args.text("method"):
            counts = slack.ledger.finished if args.flag("finished") else slack.ledger.counts
            return lambda: counts[args.text("method")] >= as_number(args.values.get("count"), 1)
        if args.text("ts"):
            return lambda: (
                len(slack.replies(args.text("channel"), args.text("ts"))) >= as_number(args.values.get("replies"), 1)
            )
        if "sockets" in args:
            return lambda: slack.sockets.sockets >= as_number(args.values.get("sockets"), 1)
        if args.flag("settled"):
            return lambda: slack.delivery.idle
        raise SlackError("nothing_to_wait_for")


def acts_of(steering: ControlActs | ControlFaults) -> dict[str, Answer]:
    """Return the acts of a class by name: its public methods."""
    names = [name for name in vars(type(steering)) if not name.startswith("_")]
    return {name: getattr(steering, name) for name in names}


def _route(answer: Callable[[Arguments], Awaitable[Json]]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            body = parse_object(await request.read() or b"{}")
            result = await answer(Arguments(dict(request.query) | body))
        except ValueError as error:
            return web.json_response({"error": "invalid_json", "detail": str(error)}, status=400)
        except SlackError as error:
            return web.json_response({"error": error.code, **error.fields}, status=400)
        return web.json_response(result)

    return handle
