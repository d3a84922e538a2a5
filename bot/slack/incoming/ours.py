"""Which payloads are for this bot: of this app, of this workspace or organisation, in the shape that Slack has."""

from bot.slack.api.identity import Identity
from bot.slack.api.payloads import Json, as_object, child, rows, text, truth

APP_RATE_LIMITED = "app_rate_limited"  # Slack holds events back: more than 30,000 an hour

_OBJECTS = ("event", "view", "container", "message", "state", "action")
_TEXTS = ("type", "command", "callback_id", "action_id", "block_id", "value", "api_app_id", "trigger_id")
_LISTS = ("actions", "authorizations")
_EITHER = ("team", "user", "channel", "enterprise")  # an object in an interaction, an id or a name elsewhere


def is_well_formed(body: Json) -> bool:
    """Whether the fields that decide where a payload goes are of the kinds that Slack sends."""
    for names, kind in ((_OBJECTS, dict), (_TEXTS, str), (_LISTS, list), (_EITHER, (dict, str))):
        if any(body.get(name) is not None and not isinstance(body[name], kind) for name in names):
            return False
    match text(body, "type"):
        case "event_callback":
            return bool(text(child(body, "event"), "type"))
        case "block_actions":
            used = rows(body, "actions")
            return bool(used) and all(text(each, "action_id") and text(each, "type") for each in used)
        case "view_submission" | "view_closed":
            return bool(text(child(body, "view"), "type") and text(child(body, "view"), "callback_id"))
        case "block_suggestion":
            return bool(text(body, "action_id") and text(body, "block_id"))
    return True


def is_ours(me: Identity, body: Json, app_id: str = "") -> bool:
    """Whether an event or a command is of an installation of ours.

    An event of a Slack Connect channel carries the other organisation's `team_id`; whom it is for is said in
    `authorizations`. `app_id` is that of our app, "" where it is not known.
    """
    if app_id and text(body, "api_app_id") not in ("", app_id):
        return False
    if text(body, "type") == "event_callback":
        authorizations = rows(body, "authorizations")
        if authorizations:
            return any(_names(me, each, truth(each, "is_enterprise_install")) for each in authorizations)
        return _names(me, body) or text(body, "context_team_id") == me.team_id
    return _names(me, body) if "command" in body else _interaction_is_ours(me, body)


def _names(me: Identity, source: Json, whole_enterprise: bool = True) -> bool:
    team, enterprise = text(source, "team_id"), text(source, "enterprise_id")
    if team:
        return team == me.team_id or (whole_enterprise and bool(enterprise) and enterprise == me.enterprise_id)
    return not enterprise or enterprise == me.enterprise_id


def _interaction_is_ours(me: Identity, body: Json) -> bool:
    """Slack sends an interaction to the app that posted what was used; somebody of another organisation may do that.

    What it names is looked up, so only a workspace that has nothing to do with ours is refused.
    """
    team, enterprise = text(as_object(body.get("team")), "id"), text(as_object(body.get("enterprise")), "id")
    user_team = text(as_object(body.get("user")), "team_id")
    if me.team_id in (team, user_team) or not team:
        return True
    return bool(enterprise) and enterprise == me.enterprise_id
