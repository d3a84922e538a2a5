"""The fields of a modal: what a submission carries, what an update keeps, and which answers to it Slack takes."""

from typing import Any

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.errors import SlackApiError

from simulators.slack.wire import Json, SlackError
from tests.simulators.slack.peers import App, client
from tests.simulators.slack.test_interactions import BUTTON, VALUES, modal


def choice(kind: str, action_id: str, initial: int | None = None) -> Json:
    options = [{"text": {"type": "plain_text", "text": f"option {n}"}, "value": str(n)} for n in range(3)]
    first = {} if initial is None else {"initial_option": options[initial]}
    return {"type": kind, "action_id": action_id, "options": options, **first}


def fields(start: int, words: str, block_id: str = "words") -> dict[str, Any]:
    label = {"type": "plain_text", "text": "Label"}
    box = {"type": "plain_text_input", "action_id": "text", "initial_value": words}
    empty = {"type": "checkboxes", "action_id": "boxes", "options": choice("checkboxes", "")["options"]}
    return modal(
        blocks=[
            {"type": "input", "block_id": "start", "label": label, "element": choice("radio_buttons", "s", start)},
            {"type": "input", "block_id": block_id, "label": label, "element": box},
            {"type": "input", "block_id": "none", "label": label, "element": empty, "optional": True},
            {"type": "actions", "block_id": "row", "elements": [choice("static_select", "menu"), BUTTON]},
        ]
    )


async def test_a_submission_carries_every_field_and_an_update_keeps_what_fields_held(app: App) -> None:
    seen: list[dict[str, Any]] = []

    @app.bolt.view("settings")
    async def take(ack: AsyncAck, view: dict[str, Any]) -> None:
        seen.append(view["state"]["values"])
        await ack(response_action="errors", errors={"none": "again"})

    web = client(app.slack)
    opened = await web.views_open(trigger_id=app.slack.views.trigger("U0ALICE"), view=fields(1, "first"))
    assert opened["view"]["state"] == {"values": {}}
    entered: Json = {"words": {"text": {"type": "plain_text_input", "value": "typed"}}}
    await app.slack.submit_as("U0ALICE", entered)
    await web.views_update(view_id=opened["view"]["id"], view=fields(2, "second"))
    await app.slack.submit_as("U0ALICE", {})
    await web.views_update(view_id=opened["view"]["id"], view=fields(2, "third", "other words"))
    await app.slack.submit_as("U0ALICE", {})
    assert [state["start"]["s"]["selected_option"]["value"] for state in seen] == ["1", "1", "1"]
    assert [state.get("words", {}).get("text", {}).get("value") for state in seen] == ["typed", "typed", None]
    assert seen[2]["other words"]["text"] == {"type": "plain_text_input", "value": "third"}
    assert seen[0]["none"] == {"boxes": {"type": "checkboxes", "selected_options": []}}
    assert seen[0]["row"] == {"menu": {"type": "static_select", "selected_option": None}}
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await web.views_update(view_id=opened["view"]["id"], view={"type": "home", "blocks": []})


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"elsewhere": "Wrong"}},
        {"response_action": "errors", "errors": {"b": ""}},
        {"response_action": "close"},
        {"text": "Saved"},
    ],
)
async def test_an_answer_to_a_submission_that_slack_does_not_take_leaves_the_modal_open(
    app: App, answer: dict[str, Any]
) -> None:
    @app.bolt.view("settings")
    async def take(ack: AsyncAck) -> None:
        await ack(**answer)

    await client(app.slack).views_open(trigger_id=app.slack.views.trigger("U0ALICE"), view=modal())
    with pytest.raises(SlackError, match="invalid_response"):
        await app.slack.submit_as("U0ALICE", VALUES)
    assert app.slack.views.top("U0ALICE") is not None
