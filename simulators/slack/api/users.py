"""users.*: the people of the workspace."""

from __future__ import annotations

from simulators.slack.api.call import Call, Method, page
from simulators.slack.model.objects import user_object
from simulators.slack.wire import Json, SlackError


async def info(call: Call) -> Json:
    """Describe one person."""
    user = call.workspace.users.get(call.args.text("user"))
    if user is None:
        raise SlackError("user_not_found")
    shown = user_object(call.workspace, user)
    if call.args.flag("include_locale"):
        shown["locale"] = user.locale
    return {"user": shown}


async def list_all(call: Call) -> Json:
    """List everybody."""
    people = list(call.workspace.users.values())
    chosen, cursor = page(people, call.args, default=len(people), most=1000)
    return {
        "members": [user_object(call.workspace, user) for user in chosen],
        "cache_ts": int(float(call.workspace.next_ts())),
        "response_metadata": {"next_cursor": cursor},
    }


METHODS = (
    Method("users.info", info, tier=4, scopes=("users:read",), json=False),
    Method("users.list", list_all, tier=2, scopes=("users:read",), json=False),
)
