"""For which workspace a request of Slack's is: what its authorizations say, or for an interaction its `team`.

Slack signs what it sends, so what it names is true; whether the bot is installed there is asked of the store.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.slack.api.payloads import Json, as_object, child, rows, text, truth

REMOVALS = frozenset({"app_uninstalled", "tokens_revoked"})
_JOB = re.compile(r"(?<![0-9a-z])[a-hjkmnp-z2-9]{10}(?![0-9a-z])")  # the ids of `bot.domain.job`


@dataclass(frozen=True, slots=True)
class Address:
    """A workspace; `whole` when Slack sends it to the installation of the organisation `enterprise_id`."""

    team_id: str
    enterprise_id: str = ""
    whole: bool = False


def addresses_of(body: Json) -> list[Address]:
    """The workspaces that a request may be for, in the order to try them; none where it names none."""
    found = list(_of_event(body) if text(body, "type") == "event_callback" else _of_interaction(body))
    return [address for address in dict.fromkeys(found) if address.team_id]


def _of_event(body: Json) -> Iterator[Address]:
    """An event of a Slack Connect channel carries the other organisation's `team_id`: its authorizations count."""
    here = text(body, "context_team_id") or text(body, "team_id")
    authorizations = rows(body, "authorizations")
    for each in authorizations:
        team, enterprise = text(each, "team_id"), text(each, "enterprise_id")
        if truth(each, "is_enterprise_install"):
            yield Address(here if here.startswith("T") else team, enterprise, whole=True)
        else:
            yield Address(team, enterprise)
    if not authorizations:
        yield Address(here, text(body, "context_enterprise_id") or text(body, "enterprise_id"))


def _of_interaction(body: Json) -> Iterator[Address]:
    """A command, a press, a modal. `team` is where the app is installed, and empty for that of an organisation."""
    whole = body.get("is_enterprise_install") in (True, "true")
    enterprise = text(as_object(body.get("enterprise")), "id") or text(body, "enterprise_id")
    teams = (
        *((named_in(body),) if whole else ()),
        text(child(body, "view"), "app_installed_team_id"),
        text(as_object(body.get("team")), "id"),
        text(body, "team_id"),
        *((text(as_object(body.get("user")), "team_id"),) if whole else ()),
    )
    for team in teams:
        if team.startswith("T"):
            yield Address(team, enterprise, whole)


def named_in(body: Json) -> str:
    """The workspace that a modal of ours, or a list's button, was made for; "" where it does not say."""
    held = [text(child(body, "view"), "private_metadata"), *(text(each, "value") for each in rows(body, "actions"))]
    for value in held:
        try:
            found: object = json.loads(value)
        except ValueError:
            continue
        if isinstance(found, dict) and isinstance(found.get("team"), str):
            return str(found["team"])
    return ""


def jobs_in(body: Json) -> list[str]:
    """What looks like a job's id in the value of a button, or in a modal of ours."""
    used = rows(body, "actions")
    held = [text(child(body, "view"), "private_metadata"), *(text(each, "value") for each in used)]
    held += [text(child(each, "selected_option"), "value") for each in used]
    return list(dict.fromkeys(job for value in held for job in _JOB.findall(value)))
