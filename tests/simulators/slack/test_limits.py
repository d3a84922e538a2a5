"""Every limit of texts, blocks and metadata, with Slack's error names, and just what is within them."""

import json
from collections.abc import Awaitable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError

from simulators.slack import SlackSimulator
from simulators.slack.rules.limits import (
    ALL_BLOCKS,
    message_blocks,
    message_metadata,
    post_text,
    update_text,
    view_body,
)
from simulators.slack.wire import SlackError, compact
from tests.simulators.slack.peers import client


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text)}


def context(count: int) -> dict[str, Any]:
    return {"type": "context", "elements": [mrkdwn("x")] * count}


def button(text: str = "Go", **more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(text), "action_id": more.pop("action_id", text[:200]), **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def select(count: int, text: str = "t", value: str = "v") -> dict[str, Any]:
    options = [{"text": plain(text), "value": f"{value}{n}"[:200]} for n in range(count)]
    return {"type": "static_select", "action_id": "s", "options": options}


def container(count: int = 1, kind: str = "", **more: Any) -> dict[str, Any]:
    children = [{"type": kind} if kind else section("x")] * count
    return {"type": "container", "title": plain("Transcript"), "child_blocks": children, **more}


def bars(count: int = 14, label: str = "day", series: int = 1, **more: Any) -> dict[str, Any]:
    labels = [f"{n:02}{label}" for n in range(count)]
    points = [{"label": each, "value": 1} for each in labels]
    chart = {"type": "bar", "series": [{"name": f"s{n}", "data": points} for n in range(series)]}
    return {"type": "data_visualization", "title": "t", "chart": chart | {"axis_config": {"categories": labels}}} | more


def rich(*elements: Any, kind: str = "section", **more: Any) -> dict[str, Any]:
    part = {"type": f"rich_text_{kind}", "elements": list(elements), **more}
    return {"type": "rich_text", "elements": [part]}


def words(text: str = "x", **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **more}


def chosen(kind: str, count: int, **more: Any) -> dict[str, Any]:
    options = [{"text": plain(f"t{n}"), "value": str(n)} for n in range(count)]
    return actions({"type": kind, "action_id": "c", "options": options, **more})


def field(**more: Any) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "f", **more}
    return {"type": "input", "label": plain("Words"), "element": element}


def code_of(blocks: object, refused: tuple[str, ...] = ()) -> tuple[str, str]:
    try:
        message_blocks(blocks, refused)
    except SlackError as error:
        return error.code, str(error.fields)
    return "", ""


@pytest.mark.parametrize(
    ("within", "beyond", "message"),
    [
        (section("x" * 3000), section("x" * 3001), "less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        (section("x"), section(""), "more than 0 characters"),
        ({"type": "header", "text": plain("x" * 150)}, {"type": "header", "text": plain("x" * 151)}, "less than 151"),
        ({"type": "header", "text": plain("x")}, {"type": "header", "text": mrkdwn("x")}, "must be one of: plain_text"),
        (
            {"type": "section", "fields": [mrkdwn("x" * 200)] * 10},
            {"type": "section", "fields": [mrkdwn("x")] * 11},
            "no more than 10 items",
        ),
        (
            {"type": "section", "fields": [mrkdwn("x" * 2000)]},
            {"type": "section", "fields": [mrkdwn("x" * 2001)]},
            "less than 2001",
        ),
        (
            {"type": "context", "elements": [mrkdwn("x")] * 10},
            {"type": "context", "elements": [mrkdwn("x")] * 11},
            "10",
        ),
        (
            actions(*[button(str(n)) for n in range(25)]),
            actions(*[button(str(n)) for n in range(26)]),
            "no more than 25 items",
        ),
        (actions(button("x" * 75)), actions(button("x" * 76)), "less than 76"),
        (actions(button(value="v" * 2000)), actions(button(value="v" * 2001)), "less than 2001"),
        (actions(button(action_id="a" * 255)), actions(button(action_id="a" * 256)), "less than 256"),
        (actions(button()), actions(button(style="loud")), "must be one of: primary, danger"),
        (actions(button("a"), button("b")), actions(button("a"), button("a")), "already exists"),
        (actions(select(100)), actions(select(101)), "no more than 100 items"),
        (actions(select(1, text="x" * 75)), actions(select(1, text="x" * 76)), "less than 76"),
        (actions(select(1, value="v" * 149)), actions(select(1, value="v" * 151)), "less than 151"),
        ({"type": "divider", "block_id": "b" * 255}, {"type": "divider", "block_id": "b" * 256}, "less than 256"),
        ({"type": "divider"}, {"type": "spacer"}, "unsupported type: spacer"),
        ({"type": "markdown", "text": "x" * 12000}, {"type": "markdown", "text": "x" * 12001}, "less than 12001"),
        (
            {"type": "section", "text": mrkdwn("x"), "accessory": button()},
            {"type": "section"},
            "missing required field",
        ),
        ({"type": "image", "image_url": "https://x", "alt_text": "x"}, {"type": "image", "alt_text": "x"}, "image_url"),
        (container(10), container(11), "no more than 10 items"),
        (container(), container(0), "no fewer than 1 items"),
        (container(kind="divider"), container(kind="rich_text"), "unsupported type: rich_text"),
        (container(title=plain("x" * 150)), container(title=plain("x" * 151)), "less than 151"),
        (container(), container(title=mrkdwn("x")), "must be one of: plain_text"),
        (container(is_collapsible=True, default_collapsed=True), container(default_collapsed=True), "is_collapsible"),
        (container(), container(is_collapsible=True, has_header_divider=True), "has_header_divider"),
        (container(width="wide"), container(width="huge"), "must be one of: full, narrow, standard, wide"),
        (container(), container(blocks=[]), "invalid additional property: blocks"),
        (section("𝄞" * 1500), section("𝄞" * 1501), "less than 3001"),
        (section("x"), section("x") | {"texts": []}, "invalid additional property: texts [json-pointer:/blocks/0]"),
        (
            {"type": "section", "text": mrkdwn("x") | {"verbatim": True}},
            {"type": "section", "text": mrkdwn("x") | {"emoji": False}},
            "invalid additional property: emoji [json-pointer:/blocks/0/text]",
        ),
        (actions(button()), actions(button(label="x")), "invalid additional property: label"),
        (actions(button()), actions(button(confirm={"title": plain("x"), "text": plain("x")})), "confirm/confirm"),
        (container(), container(child_blocks=[section("x") | {"colour": "red"}]), "property: colour"),
        (rich(words("x" * 3000)), rich(words("x" * 1500), words("x" * 1501)), "less than 3001"),
        (rich(words()), rich(words("")), "more than 0 characters"),
        (rich(words()), rich(), "no fewer than 1 items"),
        (rich(words(style={"bold": True})), rich(words(style={"big": True})), "property: big"),
        (rich(words(style={"bold": True})), rich(words(style={"bold": 1})), "must provide a boolean"),
        (rich(words()), rich(words(verbatim=True)), "property: verbatim"),
        (rich({"type": "user", "user_id": "U1"}), rich({"type": "mention"}), "unsupported type: mention"),
        (rich(words(), kind="quote"), rich(words(), kind="banner"), "unsupported type: rich_text_banner"),
        (
            rich(rich(words())["elements"][0], kind="list", style="bullet"),
            rich(words(), kind="list", style="bullet"),
            "unsupported type: text",
        ),
        (
            rich(rich(words())["elements"][0], kind="list", style="ordered"),
            rich(rich(words())["elements"][0], kind="list"),
            "must be one of: bullet, ordered",
        ),
        (
            chosen("radio_buttons", 2, initial_option={"text": plain("t1"), "value": "1"}),
            chosen("radio_buttons", 2, initial_option={"text": plain("other words"), "value": "1"}),
            "must be one of the provided options",
        ),
        (
            chosen("checkboxes", 2, initial_options=[{"text": plain("t1"), "value": "1"}]),
            chosen("checkboxes", 2, initial_options=[{"text": plain("t2"), "value": "2"}]),
            "must be among the provided options",
        ),
        (chosen("overflow", 2), chosen("overflow", 1), "no fewer than 2 items"),
        (chosen("overflow", 5), chosen("overflow", 6), "no more than 5 items"),
        (chosen("checkboxes", 2), chosen("checkboxes", 2, initial_options=[]), "no fewer than 1 items"),
        (
            chosen("radio_buttons", 1, options=[{"text": mrkdwn("x"), "value": "1"}]),
            chosen("overflow", 2, options=[{"text": mrkdwn("x"), "value": "1"}] * 2),
            "must be one of: plain_text",
        ),
        (field(max_length=3, initial_value="xyz"), field(max_length=3, initial_value="xyzt"), "less than 4"),
        (field(max_length=4, initial_value="𝄞𝄞"), field(max_length=4, initial_value="𝄞𝄞x"), "less than 5"),
        (field(max_length=3000), field(max_length=3001), "must be between 1 and 3000"),
        (field(min_length=1), field(min_length=-1), "must be between 0 and 3000"),
        (bars(20), bars(21), "no more than 20 items"),
        (bars(label="x" * 18), bars(label="x" * 19), "less than 21"),
        (bars(series=6), bars(series=7), "no more than 6 items"),
        (bars(title="t" * 50), bars(title="t" * 51), "less than 51"),
        (bars(), bars(chart={"type": "pie", "segments": [{"label": "a", "value": 0}]}), "must be more than 0"),
        (bars(), bars(chart=bars()["chart"] | {"axis_config": {"categories": ["a"]}}), "one point for each category"),
        (bars(), bars(chart={"type": "radar"}), "must be one of: area, bar, line, pie"),
    ],
)
def test_a_block_at_its_limit_passes_and_one_beyond_it_is_named(within: Any, beyond: Any, message: Any) -> None:
    assert code_of([within]) == ("", "")
    code, explained = code_of([beyond])
    assert code == "invalid_blocks"
    assert message in explained


def test_fifty_blocks_pass_and_fifty_one_do_not() -> None:
    assert code_of([{"type": "divider"}] * 50)[0] == ""
    assert code_of([{"type": "divider"}] * 51)[0] == "invalid_blocks"


def test_what_lies_in_a_container_counts_as_blocks_too() -> None:
    assert code_of([{"type": "divider"}] * 44 + [container(5)])[0] == ""
    assert code_of([{"type": "divider"}] * 45 + [container(5)])[0] == "invalid_blocks"
    twice = [{"type": "divider", "block_id": "a"}, container(child_blocks=[{"type": "divider", "block_id": "a"}])]
    assert code_of(twice)[0] == "invalid_blocks"


def test_a_message_has_two_charts_at_most() -> None:
    assert code_of([bars()] * 2)[0] == ""
    assert code_of([bars()] * 3)[0] == "invalid_blocks"


def test_a_workspace_may_not_take_the_newer_blocks() -> None:
    assert code_of([container()], ("home/container",))[0] == ""
    code, explained = code_of([section("x"), container()], ("message/container",))
    assert code == "invalid_blocks"
    assert "[ERROR] unsupported type: container [json-pointer:/blocks/1/type]" in explained
    home = {"type": "home", "blocks": [bars()]}
    assert view_body(home) == home
    with pytest.raises(SlackError) as refused:
        view_body(home, ("home/data_visualization",))
    assert refused.value.code == "invalid_arguments"
    assert "unsupported type: data_visualization [json-pointer:/view/blocks/0/type]" in str(refused.value.fields)


def test_block_ids_are_unique() -> None:
    assert code_of([{"type": "divider", "block_id": "a"}] * 2)[0] == "invalid_blocks"


def test_blocks_that_are_no_list_of_objects_have_a_format_error() -> None:
    for value in ("{}", {"type": "divider"}, ["divider"], 7):
        assert code_of(value)[0] == "invalid_blocks_format"


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=1500), max_size=50))
def test_a_message_is_too_long_exactly_when_its_blocks_together_are(texts: Any) -> None:
    blocks = [section(text) for text in texts]
    expected = "msg_blocks_too_long" if len(compact(blocks).encode()) > ALL_BLOCKS else ""
    assert code_of(blocks)[0] == expected


def test_all_blocks_together_may_be_just_so_long() -> None:
    blocks = [section("x" * 3000)] * 4
    room = ALL_BLOCKS - len(compact([*blocks, section("")]))
    assert code_of([*blocks, section("x" * room)])[0] == ""
    assert code_of([*blocks, section("x" * (room + 1))])[0] == "msg_blocks_too_long"


def test_markdown_blocks_share_one_budget() -> None:
    half = {"type": "markdown", "text": "x" * 6000}
    assert code_of([half, half])[0] == ""
    assert code_of([half, half, {"type": "markdown", "text": "x"}])[0] == "msg_blocks_too_long"


@given(st.text(max_size=200), st.integers(0, 300))
def test_a_posted_text_is_cut_at_forty_thousand_characters(text: str, times: Any) -> None:
    whole = text * times
    assert post_text(whole) == whole[:40_000]


def test_an_updated_text_is_refused_above_four_thousand_characters() -> None:
    assert update_text("ա" * 4000) == "ա" * 4000
    with pytest.raises(SlackError, match="msg_too_long"):
        update_text("ա" * 4001)


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"event_type": "x", "event_payload": {}}, ""),
        ({"event_type": "x"}, "invalid_metadata_format"),
        ({"event_payload": {}}, "invalid_metadata_format"),
        ("nonsense", "invalid_metadata_format"),
        ({"event_type": "x", "event_payload": {"k": "v" * 9000}}, "metadata_too_large"),
    ],
)
def test_metadata_has_a_form_and_a_size(metadata: Any, code: str) -> None:
    if not code:
        assert message_metadata(metadata) == metadata
        return
    with pytest.raises(SlackError, match=code):
        message_metadata(metadata)


async def test_the_client_meets_the_limits_by_their_names(slack: SlackSimulator) -> None:
    web = client(slack)

    async def refused(call: Awaitable[object]) -> str:
        with pytest.raises(SlackApiError) as caught:
            await call
        return str(caught.value.response["error"])

    posted = await web.chat_postMessage(channel="C0CLINIC", text="y" * 41_000)
    assert len(posted["message"]["text"]) == 40_000
    assert await refused(web.chat_update(channel="C0CLINIC", ts=posted["ts"], text="y" * 4001)) == "msg_too_long"
    assert await refused(web.chat_postMessage(channel="C0CLINIC", text="")) == "no_text"
    long = [section("x" * 2900)] * 5
    assert await refused(web.chat_postMessage(channel="C0CLINIC", text="x", blocks=long)) == "msg_blocks_too_long"
    not_json = web.api_call("chat.postMessage", data={"channel": "C0CLINIC", "text": "x", "blocks": "[{"})
    assert await refused(not_json) == "invalid_blocks_format"
    in_a_string = {"channel": "C0CLINIC", "text": "x", "blocks": json.dumps([section("in a string")])}
    assert (await web.api_call("chat.postMessage", data=in_a_string))["ok"]
    with pytest.raises(SlackApiError) as caught:
        await web.chat_postMessage(channel="C0CLINIC", text="x", blocks=[section("x" * 3001)])
    (message,) = caught.value.response["response_metadata"]["messages"]
    assert message == "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
