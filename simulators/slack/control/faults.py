"""What a test in another process may have go wrong or otherwise, over `/control/`."""

from __future__ import annotations

from dataclasses import fields

from simulators.slack.control.acts import ORDERS
from simulators.slack.core import SlackCore
from simulators.slack.faults import Fault
from simulators.slack.options import UNREADY
from simulators.slack.records import BOT_USER, Kind, Posting
from simulators.slack.wire import Arguments, Json, SlackError, as_list, as_number, as_object, as_text

KINDS: dict[str, Kind] = {"public": "public", "private": "private", "im": "im", "mpim": "mpim"}
POSTING: dict[str, Posting] = {
    "": "",
    "restricted": "restricted",
    "read_only": "read_only",
    "non_threadable": "non_threadable",
    "thread_only": "thread_only",
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
    "tickets_last": float,
    "most_sockets": int,
    "members_page": int,
    "limited_history": bool,
    "limited_history_period": float,
    "files_list_skips_ims": bool,
    "unready_seconds": float,
    "completing_twice": str,
    "reserved_is_known": bool,
    "orphan_replies": str,
}


class ControlFaults:
    """Faults and circumstances; each public method is `POST /control/NAME`."""

    def __init__(self, slack: SlackCore) -> None:
        self.slack = slack

    async def fault(self, args: Arguments) -> Json:
        """Set a fault: the fields of `Fault`, `match` at least (`times: null` is until cleared); answers its id."""
        known = {each.name for each in fields(Fault)} - {"id", "seen", "released"}
        unknown = [name for name, value in args.values.items() if name not in known or not _fits(name, value)]
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
        """Set how events are sent: `flow` (on, hold, drop), `repeats`, `pause_between` (seconds), `file_order`."""
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
        """Change options of the running workspace: timings, limits, refusals (see TUNABLE), and three that are lists.

        `retry_delays` is a list of seconds, `unready_forms` a list of names, `latency` an object of method to seconds.
        """
        options = self.slack.options
        for name, value in args.values.items():
            if name == "retry_delays":
                options.retry_delays = tuple(as_number(delay) for delay in as_list(value))
            elif name == "latency":
                options.latency = {method: as_number(seconds) for method, seconds in as_object(value).items()}
            elif name == "unready_forms":
                options.unready_forms = tuple(form for form in UNREADY if form in as_list(value))
            elif name in TUNABLE:
                setattr(options, name, TUNABLE[name](value))
            else:
                raise SlackError("unknown_option", option=name)
        return {}

    async def channel(self, args: Arguments) -> Json:
        """Create a conversation (`name`, `kind`, `members`), or with `channel` change one.

        `archived`; `posting` (restricted, read_only, non_threadable, thread_only, or empty); `refuses_files`, an error.
        """
        if args.text("channel"):
            found = self.slack.people.channel(args.text("channel"))
            found.archived = args.flag("archived")
            found.posting = POSTING.get(args.text("posting"), "")
            found.refuses_files = args.text("refuses_files")
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
        """Switch to HTTP mode with this `request_url`, after its verification unless `verify` is false.

        `options_load_url` is the address that fills menus; without one they stay empty.
        """
        await self.slack.use_http(
            args.required("request_url"),
            options_load_url=args.text("options_load_url"),
            verify=args.flag("verify", default=True),
        )
        return {}


def _fits(name: str, value: object) -> bool:
    if name in {"html", "login", "unshared"}:
        return isinstance(value, bool)
    if name in {"match", "hold", "cut", "error", "content_type", "redirect", "body"}:
        return isinstance(value, str)
    return isinstance(value, (int, float)) and not isinstance(value, bool)
