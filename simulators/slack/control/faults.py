"""What a test in another process may have go wrong or otherwise, over `/control/`."""

from __future__ import annotations

from types import UnionType
from typing import Literal, get_args, get_origin, get_type_hints

from simulators.slack.control.acts import ORDERS, chosen
from simulators.slack.core import SlackCore
from simulators.slack.faults import Fault
from simulators.slack.options import UNREADY, Options
from simulators.slack.outgoing.delivery import Flow
from simulators.slack.records import BOT_USER, Kind, Posting
from simulators.slack.wire import Arguments, Json, SlackError, as_list, as_number, as_object, as_text

FLOWS: dict[str, Flow] = {"on": "on", "hold": "hold", "drop": "drop"}
KINDS: dict[str, Kind] = {"public": "public", "private": "private", "im": "im", "mpim": "mpim"}
POSTING: dict[str, Posting] = {
    "": "",
    "restricted": "restricted",
    "read_only": "read_only",
    "non_threadable": "non_threadable",
    "thread_only": "thread_only",
}
TUNABLE = frozenset(
    {
        "ack_timeout",
        "trigger_lifetime",
        "response_url_lifetime",
        "share_delay",
        "shares_delay",
        "withhold_metadata",
        "rate_limits",
        "uploads_refused",
        "unauthorised_download",
        "offline_events",
        "tickets_last",
        "most_sockets",
        "members_page",
        "limited_history",
        "limited_history_period",
        "files_list_skips_ims",
        "unready_seconds",
        "completing_twice",
        "reserved_is_known",
        "orphan_replies",
    }
)


class ControlFaults:
    """Faults and circumstances; each public method is `POST /control/NAME`."""

    def __init__(self, slack: SlackCore) -> None:
        self.slack = slack

    async def fault(self, args: Arguments) -> Json:
        """Set a fault: the fields of `Fault`, `match` at least (`times: null` is until cleared); answers its id."""
        known = {name: hint for name, hint in get_type_hints(Fault).items() if name not in {"id", "seen", "released"}}
        unknown = [name for name, value in args.values.items() if name not in known or not _fits(known[name], value)]
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
        flow = chosen(FLOWS, args.text("flow"), delivery.flow)
        if flow == "on":
            delivery.resume()
        delivery.flow = flow
        delivery.repeats = int(as_number(args.values.get("repeats"), delivery.repeats))
        delivery.pause_between = as_number(args.values.get("pause_between"), delivery.pause_between)
        delivery.file_order = chosen(ORDERS, args.text("file_order"), delivery.file_order)
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
        options, hints = self.slack.options, get_type_hints(Options)
        for name, value in args.values.items():
            if name == "retry_delays":
                options.retry_delays = tuple(as_number(delay) for delay in as_list(value))
            elif name == "latency":
                options.latency = {method: as_number(seconds) for method, seconds in as_object(value).items()}
            elif name == "unready_forms":
                options.unready_forms = tuple(form for form in UNREADY if form in as_list(value))
            elif name in TUNABLE and _fits(hints[name], value):
                setattr(options, name, value)
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
            found.posting = chosen(POSTING, args.text("posting"), "")
            found.refuses_files = args.text("refuses_files")
            return {"channel": found.id}
        members = [as_text(member) for member in as_list(args.decoded("members"))]
        kind = chosen(KINDS, args.text("kind"), "public")
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


def _fits(hint: object, value: object) -> bool:
    """Whether a JSON value is of a field's type: a scalar, a union of scalars, or one of some names."""
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if isinstance(hint, UnionType):
        return any(_fits(each, value) for each in get_args(hint))
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is hint
