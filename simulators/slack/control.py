"""`/control/`: the simulator's own JSON interface, for tests and benchmarks in other processes.

Each `POST /control/NAME` takes a JSON object and answers one; a fault in the request is `{"error": …}` with status 400.
The same acts are Python methods of `SlackSimulator`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from simulators.slack.delivery import Outcome
from simulators.slack.faults import Fault
from simulators.slack.file_store import Upload
from simulators.slack.objects import file_object, message_object
from simulators.slack.records import BOT_USER, FileMode, Kind, Message
from simulators.slack.wire import (
    Arguments,
    Json,
    SlackError,
    as_list,
    as_number,
    as_object,
    as_objects,
    as_text,
    parse_object,
)

if TYPE_CHECKING:
    from simulators.slack.changes import FileOrder
    from simulators.slack.server import SlackSimulator

KINDS: dict[str, Kind] = {"public": "public", "private": "private", "im": "im", "mpim": "mpim"}
MODES: dict[str, FileMode] = {
    "hosted": "hosted",
    "external": "external",
    "snippet": "snippet",
    "tombstone": "tombstone",
    "hidden_by_limit": "hidden_by_limit",
}
ORDERS: dict[str, FileOrder] = {
    "message_first": "message_first",
    "file_first": "file_first",
    "message_only": "message_only",
    "file_only": "file_only",
}
TUNABLE = {
    "ack_timeout": float,
    "trigger_lifetime": float,
    "response_url_lifetime": float,
    "share_delay": float,
    "shares_delay": float,
    "withhold_metadata": bool,
    "rate_limits": bool,
    "uploads_refused": str,
    "unauthorised_download": str,
    "offline_events": str,
}


class ControlRoutes:
    """Lets another process see and steer the workspace."""

    def __init__(self, slack: SlackSimulator) -> None:
        self.slack = slack

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the routes: each public name below is `POST /control/NAME`, the readers also answer GET."""
        readers = (self.info, self.ledger, self.deliveries, self.messages, self.file, self.faults)
        acts = (
            self.wait,
            self.say,
            self.upload,
            self.share,
            self.edit,
            self.delete,
            self.delete_file,
            self.react,
            self.command,
            self.shortcut,
            self.act,
            self.submit,
            self.home,
            self.fault,
            self.clear_faults,
            self.clear_ledger,
            self.delivery,
            self.disconnect,
            self.revoke,
            self.uninstall,
            self.reinstall,
            self.tune,
            self.channel,
            self.membership,
            self.use_http,
        )
        for act in (*readers, *acts):
            router.add_post(f"/control/{act.__name__}", _route(act))
        for reader in readers:
            router.add_get(f"/control/{reader.__name__}", _route(reader))

    # --- reading ------------------------------------------------------------------------------------------------

    async def info(self, _args: Arguments) -> Json:
        """Addresses, tokens and how many sockets are open."""
        slack = self.slack
        return {
            "url": slack.url,
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
        return {"messages": [self._message(message) for message in found]}

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

    # --- what people do -----------------------------------------------------------------------------------------

    async def say(self, args: Arguments) -> Json:
        """Post a `text` as `user` in `channel`, perhaps in `thread_ts`."""
        message = self.slack.say_as(
            args.required("user"),
            args.required("channel"),
            args.text("text"),
            args.text("thread_ts") or None,
        )
        return {"message": self._message(message)}

    async def upload(self, args: Arguments) -> Json:
        """Share files as `user` in `channel`: `files` of `{name, path | content_base64, size?, mode?, subtype?, …}`.

        With `size` the path's or content's bytes are a sample that is repeated without being stored. `order` and
        `repeats` say how the app is told.
        """
        repeats = int(as_number(args.values.get("repeats")))
        message = await self.slack.upload_as(
            args.required("user"),
            args.required("channel"),
            *[_upload(item) for item in as_objects(args.decoded("files"))],
            text=args.text("text"),
            thread_ts=args.text("thread_ts") or None,
            order=ORDERS.get(args.text("order")),
            repeats=repeats or None,
        )
        return {"message": self._message(message)}

    async def share(self, args: Arguments) -> Json:
        """Share existing files (`files`: ids) again or elsewhere."""
        known = self.slack.workspace.files
        files = [known[as_text(name)] for name in as_list(args.decoded("files")) if as_text(name) in known]
        message = self.slack.people.share(
            args.required("user"),
            args.required("channel"),
            files,
            args.text("text"),
            args.text("thread_ts") or None,
        )
        return {"message": self._message(message)}

    async def edit(self, args: Arguments) -> Json:
        """Edit a person's own message."""
        message = self.slack.people.edit(
            args.required("user"), args.required("channel"), args.required("ts"), args.text("text")
        )
        return {"message": self._message(message)}

    async def delete(self, args: Arguments) -> Json:
        """Delete a message."""
        self.slack.people.delete(args.required("user"), args.required("channel"), args.required("ts"))
        return {}

    async def delete_file(self, args: Arguments) -> Json:
        """Delete a file."""
        self.slack.people.delete_file(args.required("user"), args.required("file"))
        return {}

    async def react(self, args: Arguments) -> Json:
        """Add a reaction, or with `remove` take it back."""
        self.slack.people.react(
            args.required("user"),
            args.required("channel"),
            args.required("ts"),
            args.required("name"),
            remove=args.flag("remove"),
        )
        return {}

    async def command(self, args: Arguments) -> Json:
        """Run a slash command; answers how the app acknowledged it."""
        outcome = await self.slack.command_as(
            args.required("user"), args.required("channel"), args.required("command"), args.text("text")
        )
        return _outcome(outcome)

    async def shortcut(self, args: Arguments) -> Json:
        """Use a message shortcut."""
        outcome = await self.slack.shortcut_as(
            args.required("user"), args.required("channel"), args.required("ts"), args.required("callback_id")
        )
        return _outcome(outcome)

    async def act(self, args: Arguments) -> Json:
        """Use the element `action_id` of the message `ts` in `channel`, or of the view `view_id`."""
        view = self.slack.views.find(args.text("view_id"))
        target = view or self.slack.people.message(args.required("channel"), args.required("ts"))
        value = as_object(args.decoded("value"))
        return _outcome(await self.slack.act_as(args.required("user"), target, args.required("action_id"), **value))

    async def submit(self, args: Arguments) -> Json:
        """Submit the modal a person has open."""
        values = as_object(args.decoded("values"))
        errors = await self.slack.submit_as(args.required("user"), values, args.text("view_id"))
        return {"errors": dict(errors)}

    async def home(self, args: Arguments) -> Json:
        """Open the Home tab; answers what is published there so far."""
        self.slack.people.open_home(args.required("user"))
        home = self.slack.views.homes.get(args.required("user"))
        return {"home": home.body if home is not None else None}

    # --- what goes wrong ----------------------------------------------------------------------------------------

    async def fault(self, args: Arguments) -> Json:
        """Set a fault: the fields of `Fault`, `match` at least (`times: null` is until cleared); answers its id."""
        known = {each.name for each in fields(Fault)} - {"id", "seen", "released"}
        unknown = set(args.values) - known
        if unknown or not args.text("match"):
            raise SlackError("invalid_fault", unknown=sorted(unknown))
        fault = Fault(args.text("match"))
        for name, value in args.values.items():
            setattr(fault, name, value)
        if "times" in args.nulls:
            fault.times = None
        return {"id": self.slack.fault(fault).id}

    async def clear_faults(self, args: Arguments) -> Json:
        """Clear one fault by `id`, or all."""
        number = int(as_number(args.values.get("id")))
        self.slack.faults.clear(number or None)
        return {}

    async def clear_ledger(self, _args: Arguments) -> Json:
        """Forget all requests and counters."""
        self.slack.ledger.clear()
        return {}

    async def delivery(self, args: Arguments) -> Json:
        """Set how events are told: `flow` (on, hold, drop), `repeats`, `pause_between` (seconds), `file_order`."""
        delivery = self.slack.delivery
        flow = args.text("flow")
        if flow == "on":
            delivery.resume()
        elif flow in {"hold", "drop"}:
            delivery.flow = "hold" if flow == "hold" else "drop"
        delivery.repeats = int(as_number(args.values.get("repeats"), delivery.repeats))
        delivery.pause_between = as_number(args.values.get("pause_between"), delivery.pause_between)
        delivery.file_order = ORDERS.get(args.text("file_order"), delivery.file_order)
        return {}

    async def disconnect(self, args: Arguments) -> Json:
        """Disconnect the sockets: `reason` is warning, refresh_requested, link_disabled, or cut."""
        return {"sockets": await self.slack.disconnect(args.text("reason", "refresh_requested"))}

    async def revoke(self, _args: Arguments) -> Json:
        """Revoke the bot token."""
        self.slack.revoke()
        return {}

    async def uninstall(self, _args: Arguments) -> Json:
        """Uninstall the app."""
        self.slack.uninstall()
        return {}

    async def reinstall(self, args: Arguments) -> Json:
        """Give the tokens back, with other `scopes` if given."""
        scopes = [as_text(scope) for scope in as_list(args.decoded("scopes"))]
        self.slack.reinstall(scopes if "scopes" in args else None)
        return {}

    async def tune(self, args: Arguments) -> Json:
        """Change options of the running workspace: timings, rate limits, refusals (see TUNABLE), `retry_delays`."""
        options = self.slack.options
        for name, value in args.values.items():
            if name == "retry_delays":
                options.retry_delays = tuple(as_number(delay) for delay in as_list(value))
            elif name in TUNABLE:
                setattr(options, name, TUNABLE[name](value))
            else:
                raise SlackError("unknown_option", option=name)
        return {}

    async def channel(self, args: Arguments) -> Json:
        """Create a conversation (`name`, `kind`, `members`), or with `channel` archive or unarchive it."""
        if args.text("channel"):
            found = self.slack.people.channel(args.text("channel"))
            found.archived = args.flag("archived")
            return {"channel": found.id}
        members = [as_text(member) for member in as_list(args.decoded("members"))]
        kind = KINDS.get(args.text("kind", "public"), "public")
        return {"channel": self.slack.workspace.create_channel(args.required("name"), kind, members).id}

    async def membership(self, args: Arguments) -> Json:
        """Add `user` (the app by default) to `channel`, or with `leave` take it out."""
        channel, user = self.slack.people.channel(args.required("channel")), args.text("user", BOT_USER)
        if args.flag("leave"):
            self.slack.workspace.leave(channel, user)
        else:
            self.slack.workspace.join(channel, user, "U0ALICE")
        return {}

    async def use_http(self, args: Arguments) -> Json:
        """Switch to HTTP mode with this `request_url`, after its verification unless `verify` is false."""
        await self.slack.use_http(args.required("request_url"), verify=args.flag("verify", default=True))
        return {}

    def _message(self, message: Message) -> Json:
        shown = message_object(self.slack.workspace, message, metadata=True)
        return shown | {"channel": message.channel, "ephemeral_to": message.ephemeral_to}


def _outcome(outcome: Outcome) -> Json:
    return {"acknowledged": outcome.acknowledged, "failure": outcome.failure, "payload": outcome.payload}


def _upload(item: Json) -> Upload:
    content: bytes | Path = Path(as_text(item.get("path")))
    if item.get("path") is None:
        try:
            content = base64.b64decode(as_text(item.get("content_base64")), validate=True)
        except binascii.Error:
            raise SlackError("invalid_content") from None
    mimetype = item.get("mimetype")
    return Upload(
        as_text(item.get("name")) or (content.name if isinstance(content, Path) else "file.bin"),
        content,
        size=int(as_number(item["size"])) if "size" in item else None,
        title=as_text(item.get("title")),
        mimetype=mimetype if isinstance(mimetype, str) else None,
        mode=MODES.get(as_text(item.get("mode")), "hosted"),
        subtype=as_text(item.get("subtype")),
        connect=item.get("connect") is True,
    )


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
