"""Commands, shortcuts, buttons, modals and the Home tab between people and a stock bolt app, in both modes."""

from collections.abc import AsyncIterator, Awaitable
from typing import Any

import aiohttp
import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from simulators.slack import SlackSimulator
from simulators.slack.acts.interactions import NotAnswered
from simulators.slack.options import SlashCommand
from simulators.slack.wire import Json, SlackError, as_object
from tests.simulators.slack.peers import App, client, options

BUTTON = {"type": "button", "action_id": "retry", "text": {"type": "plain_text", "text": "Retry"}, "value": "job-1"}
BLOCKS = [{"type": "actions", "block_id": "buttons", "elements": [BUTTON]}]


def modal(title: str = "Settings", **more: Any) -> dict[str, Any]:
    field = {"type": "plain_text_input", "action_id": "words"}
    block = {"type": "input", "block_id": "b", "label": {"type": "plain_text", "text": "Words"}, "element": field}
    return {
        "type": "modal",
        "callback_id": "settings",
        "title": {"type": "plain_text", "text": title},
        "submit": {"type": "plain_text", "text": "Save"},
        "blocks": [block],
        **more,
    }


VALUES: Json = {"b": {"words": {"type": "plain_text_input", "value": "hello"}}}


async def test_a_command_is_answered_in_its_acknowledgement_for_that_person_only(app: App) -> None:
    seen = []

    @app.bolt.command("/transcribe")
    async def answer(ack: AsyncAck, command: dict[str, str]) -> None:
        seen.append(command)
        await ack(f"you said {command['text']}")

    await app.slack.command_as("U0ALICE", "C0GENERAL", "/transcribe", "status 7")
    (message,) = app.slack.messages("C0GENERAL")
    assert (message.text, message.ephemeral_to, message.user) == ("you said status 7", "U0ALICE", "U0BOT")
    (command,) = seen
    assert (command["user_id"], command["channel_id"], command["channel_name"]) == ("U0ALICE", "C0GENERAL", "general")
    assert (command["command"], command["text"], command["team_id"]) == ("/transcribe", "status 7", "T0LOCAL")


@pytest.mark.parametrize(
    ("escape", "text"),
    [
        (False, 'R&amp;D &lt;b&gt; "x" @bob #clinic-notes @nobody https://a.example/?b=1&amp;c=2'),
        (
            True,
            'R&amp;D &lt;b&gt; "x" <@U0BOB|bob> <#C0CLINIC|clinic-notes> @nobody <https://a.example/?b=1&amp;c=2>',
        ),
    ],
)
async def test_a_commands_text_has_entities_and_on_request_ids_of_names(app: App, escape: bool, text: str) -> None:
    seen = []

    @app.bolt.command("/transcribe")
    async def answer(ack: AsyncAck, command: dict[str, str]) -> None:
        seen.append(command["text"])
        await ack()

    app.slack.options.commands = (SlashCommand("/transcribe", should_escape=escape),)
    typed = 'R&D <b> "x" @bob #clinic-notes @nobody https://a.example/?b=1&c=2'
    await app.slack.command_as("U0ALICE", "C0CLINIC", "/transcribe", typed)
    assert seen == [text]


async def test_a_command_may_be_answered_later_five_times_through_its_response_url(app: App) -> None:
    statuses = []

    @app.bolt.command("/transcribe")
    async def answer(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        for number in range(6):
            kind = "in_channel" if number == 0 else "ephemeral"
            statuses.append((await respond(f"answer {number}", response_type=kind)).status_code)

    await app.slack.command_as("U0ALICE", "C0GENERAL", "/transcribe")
    await app.slack.until(lambda: len(statuses) == 6)
    assert statuses == [200] * 5 + [404]
    told = [(m.text, m.ephemeral_to) for m in app.slack.messages("C0GENERAL")]
    assert told == [("answer 0", None)] + [(f"answer {n}", "U0ALICE") for n in range(1, 5)]


async def test_an_expired_response_url_is_refused(app: App) -> None:
    app.slack.options.response_url_lifetime = 0.0
    url = app.slack.urls.create("U0ALICE", "C0CLINIC", family="commands")
    async with aiohttp.ClientSession() as http, http.post(url, json={"text": "late"}) as answer:
        assert (answer.status, (await answer.json())["error"]) == (404, "expired_url")


async def test_a_response_keeps_slacks_limits(app: App) -> None:
    url = app.slack.urls.create("U0ALICE", "C0CLINIC", family="commands")
    async with aiohttp.ClientSession() as http:
        for body, error in (
            ({}, "no_text"),
            ({"text": "x", "blocks": [{"type": "header"}]}, "invalid_blocks"),
        ):
            async with http.post(url, json=body) as answer:
                assert (await answer.json())["error"] == error
        async with http.post(url, data=b"not json") as answer:
            assert answer.status == 400


async def test_a_command_nobody_answers_is_told_by_slackbot(app: App) -> None:
    @app.bolt.command("/transcribe")
    async def never(ack: AsyncAck) -> None:
        """Keeps silent."""

    app.slack.options.ack_timeout = 0.3
    await app.slack.command_as("U0BOB", "C0CLINIC", "/transcribe")
    (message,) = app.slack.messages("C0CLINIC")
    assert (message.user, message.ephemeral_to) == ("USLACKBOT", "U0BOB")
    assert "failed with the error" in message.text


async def test_a_button_carries_its_value_message_and_state_and_can_replace_the_message(app: App) -> None:
    seen = []

    @app.bolt.action("retry")
    async def pressed(ack: AsyncAck, body: Any, respond: AsyncRespond) -> None:
        await ack()
        seen.append(body)
        await respond("replaced", replace_original=True)

    posted = await app.bolt.client.chat_postMessage(channel="C0CLINIC", text="failed", blocks=BLOCKS)
    message = app.slack.people.message("C0CLINIC", posted["ts"])
    await app.slack.act_as("U0BOB", message, "retry")
    await app.slack.until(lambda: message.text == "replaced")
    (body,) = seen
    (action,) = body["actions"]
    assert (action["value"], action["block_id"], action["type"]) == ("job-1", "buttons", "button")
    assert action["text"]["text"] == "Retry"
    assert (body["user"]["id"], body["channel"]["id"]) == ("U0BOB", "C0CLINIC")
    assert body["container"]["message_ts"] == body["message"]["ts"] == posted["ts"]
    assert message.blocks == []


async def test_a_selection_in_a_message_is_kept_in_its_state(app: App) -> None:
    seen = []
    option = {"text": {"type": "plain_text", "text": "Spanish"}, "value": "es"}
    select = {"type": "static_select", "action_id": "language", "options": [option]}

    @app.bolt.action("language")
    @app.bolt.action("retry")
    async def acted(ack: AsyncAck, body: Any) -> None:
        await ack()
        seen.append(body)

    blocks = [{"type": "actions", "block_id": "x", "elements": [select]}, *BLOCKS]
    posted = await app.bolt.client.chat_postMessage(channel="C0CLINIC", text="choose", blocks=blocks)
    message = app.slack.people.message("C0CLINIC", posted["ts"])
    await app.slack.act_as("U0BOB", message, "language", selected_option=option)
    await app.slack.act_as("U0BOB", message, "retry")
    await app.slack.until(lambda: len(seen) == 2)
    assert seen[1]["state"]["values"]["x"]["language"]["selected_option"] == option


async def test_an_ephemeral_message_has_buttons_too_and_can_be_deleted(app: App) -> None:
    @app.bolt.action("retry")
    async def pressed(ack: AsyncAck, body: Any, respond: AsyncRespond) -> None:
        await ack()
        assert body["container"]["is_ephemeral"] is True
        assert "message" not in body
        await respond(delete_original=True)

    await app.bolt.client.chat_postEphemeral(channel="C0CLINIC", user="U0BOB", text="psst", blocks=BLOCKS)
    (message,) = app.slack.messages("C0CLINIC")
    await app.slack.act_as("U0BOB", message, "retry")
    await app.slack.until(lambda: app.slack.messages("C0CLINIC") == [])


async def test_a_message_shortcut_opens_a_modal_and_its_submission_is_checked_then_taken(app: App) -> None:
    submitted = []

    @app.bolt.shortcut("transcribe")
    async def shortcut(ack: AsyncAck, body: Any, client: AsyncWebClient) -> None:
        await ack()
        assert body["message"]["text"] == "older message"
        await client.views_open(trigger_id=body["trigger_id"], view=modal(private_metadata="m"))

    @app.bolt.view("settings")
    async def submit(ack: AsyncAck, view: Any) -> None:
        submitted.append(view["state"]["values"])
        if len(submitted) == 1:
            await ack(response_action="errors", errors={"b": "Too short"})
        else:
            await ack()

    message = app.slack.say_as("U0ALICE", "C0CLINIC", "older message")
    await app.slack.shortcut_as("U0ALICE", "C0CLINIC", message.ts, "transcribe")
    await app.slack.until(lambda: app.slack.views.top("U0ALICE") is not None)
    shown = app.slack.views.top("U0ALICE")
    assert shown is not None
    assert shown.body["private_metadata"] == "m"
    assert await app.slack.submit_as("U0ALICE", VALUES) == {"b": "Too short"}
    assert app.slack.views.top("U0ALICE") is not None
    assert await app.slack.submit_as("U0ALICE", VALUES) == {}
    assert app.slack.views.top("U0ALICE") is None
    assert submitted == [VALUES, VALUES]


async def test_a_submission_may_update_push_or_clear_the_stack(app: App) -> None:
    answers: list[dict[str, Any]] = [
        {"response_action": "update", "view": modal("Updated")},
        {"response_action": "push", "view": modal("Pushed")},
        {"response_action": "clear"},
    ]

    @app.bolt.view("settings")
    async def submit(ack: AsyncAck) -> None:
        await ack(**answers.pop(0))

    views = app.slack.views
    views.open(views.trigger("U0ALICE"), modal())
    titles = []
    for _ in range(3):
        await app.slack.submit_as("U0ALICE", VALUES)
        top = views.top("U0ALICE")
        titles.append(top and as_object(top.body["title"])["text"])
    assert titles == ["Updated", "Pushed", None]


async def test_a_submission_that_is_not_acknowledged_leaves_the_modal_open(app: App) -> None:
    @app.bolt.view("settings")
    async def submit(ack: AsyncAck) -> None:
        """Keeps silent."""

    app.slack.views.open(app.slack.views.trigger("U0ALICE"), modal())
    app.slack.options.ack_timeout = 0.3
    with pytest.raises(NotAnswered):
        await app.slack.submit_as("U0ALICE", VALUES)
    assert app.slack.views.top("U0ALICE") is not None


async def test_closing_a_modal_is_told_only_when_it_asked_to_be(app: App) -> None:
    closed = []

    @app.bolt.view_closed("settings")
    async def on_close(ack: AsyncAck, body: Any) -> None:
        await ack()
        closed.append(body["view"]["private_metadata"])

    views = app.slack.views
    for told in (False, True):
        view = views.open(views.trigger("U0BOB"), modal(notify_on_close=told, private_metadata=str(told)))
        await app.slack.interactions.close("U0BOB", view.id)
    assert closed == ["True"]


async def test_an_external_select_gets_its_options_from_the_app(app: App) -> None:
    option = {"text": {"type": "plain_text", "text": "Armenian"}, "value": "hy"}

    @app.bolt.options("language")
    async def suggest(ack: AsyncAck, payload: Any) -> None:
        assert payload["value"] == "arm"
        await ack(options=[option])

    assert await app.slack.interactions.options("U0BOB", "language", "b", "arm") == [option]


async def test_the_home_tab_is_published_when_it_is_opened_and_its_buttons_work(app: App) -> None:
    pressed = []

    async def opened(event: Any) -> None:
        await app.bolt.client.views_publish(user_id=event["user"], view={"type": "home", "blocks": BLOCKS})

    app.also["app_home_opened"] = opened

    @app.bolt.action("retry")
    async def acted(ack: AsyncAck, body: Any) -> None:
        await ack()
        pressed.append((body["view"]["type"], body["container"]["type"]))

    app.slack.people.open_home("U0BOB")
    await app.slack.until(lambda: "U0BOB" in app.slack.views.homes)
    await app.slack.act_as("U0BOB", app.slack.views.homes["U0BOB"], "retry")
    await app.slack.until(lambda: bool(pressed))
    assert pressed == [("home", "view")]
    app.slack.people.open_home("U0BOB", "messages")
    await app.slack.delivery.settled()
    assert [(event["tab"], "view" in event) for event in app.events] == [("home", False), ("messages", False)]


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(options(trigger_lifetime=0.0)) as slack:
        yield slack


async def refused(call: Awaitable[object]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_trigger_lives_only_seconds_and_works_once(slack: SlackSimulator) -> None:
    web = client(slack)
    late = slack.views.trigger("U0BOB")
    assert await refused(web.views_open(trigger_id=late, view=modal())) == "expired_trigger_id"
    slack.options.trigger_lifetime = 60.0
    once = slack.views.trigger("U0BOB")
    await web.views_open(trigger_id=once, view=modal())
    assert await refused(web.views_open(trigger_id=once, view=modal())) == "exchanged_trigger_id"
    assert await refused(web.views_open(trigger_id="1.2.x", view=modal())) == "invalid_trigger_id"


async def test_views_are_updated_by_id_or_external_id_and_only_in_the_version_that_was_seen(
    slack: SlackSimulator,
) -> None:
    slack.options.trigger_lifetime = 60.0
    web = client(slack)
    opened = await web.views_open(trigger_id=slack.views.trigger("U0BOB"), view=modal(external_id="x"))
    view_id, version = opened["view"]["id"], opened["view"]["hash"]
    await web.views_update(view_id=view_id, hash=version, view=modal("Second", external_id="x"))
    stale = web.views_update(view_id=view_id, hash=version, view=modal("Third"))
    assert await refused(stale) == "hash_conflict"
    again = await web.views_update(external_id="x", view=modal("Third"))
    assert again["view"]["title"]["text"] == "Third"
    assert await refused(web.views_update(view_id="V0NONE", view=modal())) == "not_found"


async def test_no_more_than_three_modals_are_stacked(slack: SlackSimulator) -> None:
    slack.options.trigger_lifetime = 60.0
    web = client(slack)
    await web.views_open(trigger_id=slack.views.trigger("U0BOB"), view=modal())
    for _ in range(2):
        await web.views_push(trigger_id=slack.views.trigger("U0BOB"), view=modal())
    fourth = web.views_push(trigger_id=slack.views.trigger("U0BOB"), view=modal())
    assert await refused(fourth) == "push_limit_reached"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": {"type": "plain_text", "text": "x" * 25}}, "must be less than 25 characters"),
        ({"private_metadata": "x" * 3001}, "must be less than 3001 characters"),
        ({"submit": None}, "missing required field: submit"),
        ({"blocks": [{"type": "divider"}] * 101}, "no more than 100 items allowed"),
        ({"blocks": [{"type": "markdown", "text": "x"}]}, "unsupported type: markdown"),
        ({"type": "popup"}, "must be one of: modal, home"),
    ],
)
async def test_a_view_that_breaks_a_rule_is_refused_with_the_reason(
    slack: SlackSimulator, change: Any, message: Any
) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client(slack).views_open(trigger_id="x", view={**modal(), **change})
    assert caught.value.response["error"] == "invalid_arguments"
    assert message in str(caught.value.response["response_metadata"]["messages"])


async def test_an_act_on_what_is_not_there_is_refused(slack: SlackSimulator) -> None:
    message = slack.say_as("U0BOB", "C0CLINIC", "no buttons")
    with pytest.raises(SlackError, match="no_such_action"):
        await slack.act_as("U0BOB", message, "retry")
    with pytest.raises(SlackError, match="message_not_found"):
        await slack.shortcut_as("U0BOB", "C0CLINIC", "1.0", "transcribe")
