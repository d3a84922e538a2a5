"""auth.test, apps.connections.open, team.info and api.test: who is calling, and the way into Socket Mode."""

from __future__ import annotations

from simulators.slack.api.call import Call, Method
from simulators.slack.records import BOT_ID, BOT_USER
from simulators.slack.wire import Json, SlackError


async def auth_test(call: Call) -> Json:
    """Say whose token it is."""
    options = call.parts.options
    return {
        "url": f"{call.workspace.url}/",
        "team": options.team_name,
        "user": call.workspace.users[BOT_USER].name,
        "team_id": options.team_id,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        **({"enterprise_id": options.enterprise_id} if options.enterprise_id else {}),
        "is_enterprise_install": options.org_installed,
    }


async def connections_open(call: Call) -> Json:
    """Give the address of a WebSocket, good for one connection; no event comes through it where Socket Mode is off.

    Slack then answers `ok` all the same, with the warning below (users of Bolt and of other clients report it).
    """
    ticket = call.parts.sockets.ticket()
    address = call.workspace.url.replace("http", "ws", 1)
    answer: Json = {"url": f"{address}/link/?ticket={ticket}&app_id={call.parts.options.app_id}"}
    if call.parts.options.request_url:
        answer["response_metadata"] = {"messages": ["[WARN] Socket Mode is not turned on."]}
    return answer


async def team_info(call: Call) -> Json:
    """Describe the team."""
    options = call.parts.options
    return {
        "team": {
            "id": options.team_id,
            "name": options.team_name,
            "domain": options.team_domain,
            "url": f"{call.workspace.url}/",
        }
    }


async def bots_info(call: Call) -> Json:
    """Describe the app's bot."""
    if call.args.text("bot") not in {"", BOT_ID}:
        raise SlackError("bot_not_found")
    name = call.workspace.users[BOT_USER].real_name
    bot: Json = {"id": BOT_ID, "deleted": False, "name": name, "updated": 0, "icons": {}}
    return {"bot": bot | {"app_id": call.parts.options.app_id, "user_id": BOT_USER}}


async def auth_revoke(call: Call) -> Json:
    """Take the caller's own token away."""
    call.parts.tokens.take("token_revoked")
    call.workspace.access_lost(uninstalled=False)
    return {"revoked": True}


METHODS = (
    Method("auth.test", auth_test, paced=False),
    Method("auth.revoke", auth_revoke),
    Method(
        "apps.connections.open",
        connections_open,
        scopes=("connections:write",),
        tier=1,
        token="app",  # noqa: S106 - a kind
        paced=False,
    ),
    Method("team.info", team_info, scopes=("team:read",)),
    Method("bots.info", bots_info, scopes=("users:read",), json=False),
)
