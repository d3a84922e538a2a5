"""Small things that a newcomer meets: nothing covers what one needs; everything has its name, length and picture."""

from __future__ import annotations

import re
from typing import Any, Literal

import pytest
from playwright.async_api import Locator, Page, expect

from simulators.slack.records import BOT_USER, Message
from simulators.slack.server import SlackSimulator
from tests.browser.clinic_app import ClinicApp, mrkdwn, option, plain
from tests.browser.window import DROP, OpenPage, channel, message, thread, write

RECORDED = """async (pane) => {
    const context = new AudioContext();
    const target = context.createMediaStreamDestination();
    const tone = context.createOscillator();
    tone.connect(target);
    tone.start();
    const recorder = new MediaRecorder(target.stream, {mimeType: "audio/webm;codecs=opus"});
    const chunks = [];
    recorder.ondataavailable = (event) => chunks.push(event.data);
    recorder.start(200);
    await new Promise((done) => setTimeout(done, 1500));
    await new Promise((done) => { recorder.onstop = done; recorder.stop(); });
    const data = new DataTransfer();
    data.items.add(new File(chunks, "recorded.weba", {type: "audio/webm"}));
    pane.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
}"""
CONTRAST = """(element) => {
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const light = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => {
            const share = value / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    let ground = element;
    while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
    const pair = [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor].map(light);
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
}"""
UNNAMED = """() => {
    const words = (element) => {
        const shown = element.cloneNode(true);
        shown.querySelectorAll("[aria-hidden=true]").forEach((part) => part.remove());
        return shown.textContent.replace(/\\p{Extended_Pictographic}/gu, "").trim().toLowerCase();
    };
    return [...document.querySelectorAll("button, a[href]")]
        .filter((one) => one.checkVisibility() && one.getAttribute("aria-label") && words(one))
        .filter((one) => !one.getAttribute("aria-label").toLowerCase().includes(words(one)))
        .map((one) => `${words(one)} is named ${one.getAttribute("aria-label")}`);
}"""


async def box(place: Locator) -> dict[str, float]:
    found = await place.bounding_box()
    assert found is not None
    return {"x": found["x"], "y": found["y"], "width": found["width"], "height": found["height"]}


def apart(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether two boxes have nothing in common."""
    beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
    return beside or one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]


def bot_says(workspace: SlackSimulator, text: str, thread_ts: str | None = None, *blocks: dict[str, Any]) -> Message:
    return workspace.workspace.post(Message("C0CLINIC", "", BOT_USER, text, blocks=list(blocks), thread_ts=thread_ts))


@pytest.mark.parametrize("text", ["/transcribe", "/transcribe status", "/transcribe help"])
async def test_the_suggestions_close_when_a_command_is_sent(page: Page, app: ClinicApp, text: str) -> None:
    field = channel(page).locator(".composer-field")
    await field.type(text)
    await expect(channel(page).get_by_role("listbox", name="Suggestions")).to_be_visible()
    await field.press("Enter")
    await expect(message(channel(page), "Nothing is running for")).to_be_visible()
    await expect(channel(page).get_by_role("listbox", name="Suggestions")).to_be_hidden()
    assert len(app.commands) == 1


@pytest.mark.parametrize("width", [1280, 1000, 420])
async def test_the_toolbar_of_a_message_does_not_lie_on_its_buttons(
    open_page: OpenPage, workspace: SlackSimulator, width: int
) -> None:
    root = workspace.say_as("U0ALICE", "C0CLINIC", "root")
    cancel = {"type": "button", "action_id": "cancel", "text": plain("Cancel"), "value": "1"}
    line = {"type": "section", "text": mrkdwn("*note.wav*: transcribing"), "accessory": cancel}
    row = {
        "type": "actions",
        "elements": [cancel | {"action_id": f"c{n}", "text": plain("Cancel it")} for n in range(4)],
    }
    for _ in range(2):
        bot_says(workspace, "line", root.ts, line)
        bot_says(workspace, "row", root.ts, row)
        bot_says(workspace, "words", root.ts)
    page = await open_page("U0ALICE", f"C0CLINIC/{root.ts}", width=width)
    shown = thread(page).locator(".message")
    await expect(shown).to_have_count(7)
    for place in await shown.all():
        await place.hover(position={"x": 5, "y": 5})
        tools = place.locator(".message-tools")
        await expect(tools).to_be_visible()
        for button in await place.locator(".bk-button").all():
            assert apart(await box(tools), await box(button)), await place.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_name_of_a_video_can_be_read(page: Page, scheme: Any) -> None:
    await page.emulate_media(color_scheme=scheme)
    await channel(page).locator(".talk").evaluate(DROP, [["visit.mp4", "video/mp4", "x"]])
    card = channel(page).locator(".file-card")
    for part in (".file-name", ".file-meta"):
        assert await card.locator(part).evaluate(CONTRAST) >= 4.5


async def test_a_cross_is_drawn_and_every_emoji_of_a_list_is(page: Page, workspace: SlackSimulator) -> None:
    bot_says(workspace, ":heavy_multiplication_x: stopped, :white_check_mark: done")
    await expect(message(channel(page), "stopped").locator(".emoji")).to_have_text(["✖️", "✅"])


async def test_a_reaction_that_nobody_gave_is_not_shown(page: Page, workspace: SlackSimulator, app: ClinicApp) -> None:
    said = workspace.say_as("U0ALICE", "C0CLINIC", "nice")
    assert workspace.workspace.react(said, "U0BOB", "eyes", remove=True) is False
    workspace.workspace.react(said, "U0ALICE", "tada")
    shown = message(channel(page), "nice").locator(".reaction[aria-pressed]")
    await expect(shown).to_have_count(1)
    await page.reload()
    await expect(shown).to_have_text(["🎉1"])


async def test_who_replied_is_shown_also_below_a_message_that_follows_another(
    page: Page, workspace: SlackSimulator
) -> None:
    workspace.say_as("U0ALICE", "C0CLINIC", "first")
    second = workspace.say_as("U0ALICE", "C0CLINIC", "second")
    workspace.say_as("U0BOB", "C0CLINIC", "reply", second.ts)
    row = message(channel(page), "second")
    await expect(row).to_have_class("message follows")
    await expect(row.get_by_role("button", name="1 reply")).to_be_visible()
    await expect(row.locator(".faces .avatar")).to_be_visible()


async def test_a_recorded_clip_has_its_length_and_its_shape(page: Page) -> None:
    await channel(page).get_by_role("button", name="Record a voice clip").click()
    await expect(channel(page).get_by_role("timer")).to_have_text("0:02")
    await channel(page).get_by_role("button", name="Send clip").click()
    player = channel(page).locator(".file-audio .player")
    await expect(player.locator(".player-bars i")).to_have_count(64)
    await expect(player.locator(".player-time")).to_have_text(re.compile("0:0[2-9]"))  # a busy machine sends it later


async def test_a_recording_that_does_not_say_how_long_it_is_has_its_length_and_its_shape(page: Page) -> None:
    await channel(page).locator(".talk").evaluate(RECORDED)
    player = channel(page).locator(".file-card .player")
    await expect(player.locator(".player-bars i")).to_have_count(64)
    await expect(player.locator(".player-time")).to_have_text("0:01")


async def test_an_empty_file_has_no_player_and_no_failed_request(page: Page) -> None:
    failed: list[str] = []
    page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    await channel(page).locator(".talk").evaluate(DROP, [["empty.wav", "audio/wav", ""]])
    await expect(channel(page).locator(".file-card")).to_contain_text("This file is empty.")
    assert failed == []


async def test_what_a_button_says_is_in_its_name(page: Page, workspace: SlackSimulator) -> None:
    await page.get_by_role("button", name="Ward round (1 s)").click()
    speed = channel(page).get_by_role("button", name="1× speed")
    await expect(speed).to_be_visible()
    await expect(channel(page).get_by_role("button", name="Samples")).to_be_visible()
    assert await page.evaluate(UNNAMED) == []
    await speed.click()
    await expect(channel(page).get_by_role("button", name="1.25× speed")).to_be_visible()
    assert await page.evaluate(UNNAMED) == []


async def test_the_keyboard_is_at_the_composer_once_a_sample_is_shared(page: Page) -> None:
    await page.get_by_role("button", name="Ward round (1 s)").press("Enter")
    await expect(channel(page).locator(".file-card")).to_be_visible()
    await expect(channel(page).locator(".composer-field")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_things_to_try_are_readable_and_reached_by_keyboard(page: Page, scheme: Literal["light", "dark"]) -> None:
    await page.emulate_media(color_scheme=scheme)
    tips = page.get_by_role("region", name="Things to try")
    await expect(tips).to_have_count(0)
    await page.get_by_role("button", name="Ward round (1 s)").press("Enter")
    await expect(tips).to_be_visible()
    for part in [*await tips.locator(".tip-title, .tip-hint").all(), tips.get_by_role("heading")]:
        assert await part.evaluate(CONTRAST) >= 4.5
    await tips.get_by_role("button", name="Close this list").focus()
    for title in ("Record a clip", "/transcribe status", "/transcribe search", "Open the reply", "Open the bot's Home"):
        await page.keyboard.press("Tab")
        await expect(tips.get_by_role("button", name=title)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("region", name="App Home")).to_be_visible()


async def test_options_in_groups_have_their_groups_names(page: Page, workspace: SlackSimulator) -> None:
    groups = [
        {"label": plain("Language"), "options": [option("Detect the language", "-")]},
        {"label": plain("Afrikaans – Yiddish"), "options": [option("Afrikaans", "af"), option("Yiddish", "yi")]},
    ]
    menu = {"type": "static_select", "action_id": "l", "placeholder": plain("Language"), "option_groups": groups}
    bot_says(workspace, "choose", None, {"type": "actions", "elements": [menu]})
    await channel(page).get_by_role("button", name="Language").click()
    await expect(page.locator(".option-group")).to_have_text(["Language", "Afrikaans – Yiddish"])
    await write(channel(page), "closed")
