"""For which workspace a request is: by its authorizations, by its team, and never by what a stranger may write."""

from typing import Any

import pytest

from bot.domain.job import new_job_id
from bot.slack.workspaces.routing import Address, addresses_of, jobs_in, named_in


def event(**more: Any) -> dict[str, Any]:
    return {"type": "event_callback", "team_id": "T1", "event": {"type": "message"}, **more}


def authorization(team: str | None, enterprise: str | None = None, whole: bool = False) -> dict[str, Any]:
    return {"team_id": team, "enterprise_id": enterprise, "is_bot": True, "is_enterprise_install": whole}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (event(authorizations=[authorization("T1")]), [Address("T1")]),
        # A Slack Connect channel: the other organisation's team in front, ours in the authorizations.
        (event(team_id="T9", authorizations=[authorization("T1", "E1")]), [Address("T1", "E1")]),
        (event(authorizations=[authorization(None, "E1", True)]), [Address("T1", "E1", True)]),
        (
            event(team_id="T9", context_team_id="T2", authorizations=[authorization("E1", "E1", True)]),
            [Address("T2", "E1", True)],
        ),
        (event(), [Address("T1")]),
        (event(team_id=""), []),
        ({"command": "/transcribe", "team_id": "T1", "is_enterprise_install": "false"}, [Address("T1")]),
        (
            {"command": "/x", "team_id": "T1", "enterprise_id": "E1", "is_enterprise_install": "true"},
            [Address("T1", "E1", True)],
        ),
        ({"type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U", "team_id": "T7"}}, [Address("T1")]),
        (
            {
                "type": "block_actions",
                "team": None,
                "enterprise": {"id": "E1"},
                "is_enterprise_install": True,
                "user": {"id": "U", "team_id": "T7"},
            },
            [Address("T7", "E1", True)],
        ),
        # Without the organisation's installation nobody's own team counts.
        ({"type": "block_actions", "team": None, "user": {"id": "U", "team_id": "T7"}}, []),
    ],
)
def test_a_request_names_its_workspace(body: dict[str, Any], expected: list[Address]) -> None:
    assert addresses_of(body) == expected


def test_the_job_of_a_button_and_the_workspace_of_a_modal_are_read_from_what_is_ours() -> None:
    job = new_job_id()
    assert jobs_in({"actions": [{"value": job}]}) == [job]
    assert jobs_in({"actions": [{"selected_option": {"value": f"download.{job}"}}]}) == [job]
    assert jobs_in({"view": {"private_metadata": f'{{"job":"{job}"}}'}}) == [job]
    assert jobs_in({"actions": [{"value": "1.5 1.5"}]}) == []
    assert named_in({"view": {"private_metadata": '{"team":"T2"}'}}) == "T2"
    assert named_in({"view": {"private_metadata": "no json"}}) == ""
    assert named_in({"actions": [{"value": "[]"}]}) == ""
