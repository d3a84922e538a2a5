"""views.*: modals and the Home tab."""

from __future__ import annotations

from simulators.slack.api.call import Call, Method
from simulators.slack.model.views import view_object
from simulators.slack.records import View
from simulators.slack.wire import Json


def _answer(call: Call, view: View) -> Json:
    """Return the view as the methods answer it: with an empty state, unlike in payloads."""
    return {"view": view_object(call.parts.options, view) | {"state": {"values": {}}}}


async def open_view(call: Call) -> Json:
    """Open a modal."""
    return _answer(call, call.parts.views.open(call.args.required("trigger_id"), call.args.decoded("view")))


async def push(call: Call) -> Json:
    """Put a modal on top of the open one."""
    return _answer(call, call.parts.views.push(call.args.required("trigger_id"), call.args.decoded("view")))


async def update(call: Call) -> Json:
    """Replace an open view."""
    args = call.args
    view = call.parts.views.update(
        args.text("view_id"), args.text("external_id"), args.decoded("view"), args.text("hash")
    )
    return _answer(call, view)


async def publish(call: Call) -> Json:
    """Set a person's Home tab."""
    args = call.args
    view = call.parts.views.publish(args.required("user_id"), args.decoded("view"), args.text("hash"))
    return _answer(call, view)


METHODS = (
    Method("views.open", open_view, tier=4),
    Method("views.push", push, tier=4),
    Method("views.update", update, tier=4),
    Method("views.publish", publish, tier=4),
)
