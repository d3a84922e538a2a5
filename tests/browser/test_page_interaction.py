"""The app's interface on the page: commands, buttons, selects, modals, Home, shortcuts; and all of it by keyboard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from playwright.async_api import Locator, Page, expect

from simulators.slack.server import SlackSimulator
from tests.browser.clinic_app import ClinicApp
from tests.browser.window import DROP, OpenPage, channel, message, thread, write


async def until(true: Callable[[], bool]) -> None:
    """Wait for what the app's own process knows; the test's time limit is the limit."""
    while not true():  # noqa: ASYNC110 - the app keeps plain lists; there is no event to await
        await asyncio.sleep(0.02)


async def shared(page: Page) -> Locator:
    """Share a recording and return the app's reply in its thread."""
    await channel(page).locator(".talk").evaluate(DROP, [["visit.wav", "audio/wav", "RIFF"]])
    reply = thread(page).locator(".message").nth(1)
    await expect(reply.get_by_role("heading", name="Sleep and cough")).to_be_visible()
    return reply


async def settings(page: Page) -> Locator:
    """Open the app's settings modal by its command."""
    await write(channel(page), "/transcribe settings")
    modal = page.get_by_role("dialog", name="Channel settings")
    await expect(modal).to_be_visible()
    return modal


async def test_slash_commands_are_offered_and_completed(page: Page, app: ClinicApp) -> None:
    field = channel(page).locator(".composer-field")
    await field.type("/")
    offer = channel(page).get_by_role("option", name="/transcribe")
    await expect(offer).to_contain_text("Transcribe, and ask where things stand")
    await field.press("Tab")
    await expect(field).to_have_value("/transcribe ")
    await field.type("sta")
    await expect(channel(page).get_by_role("option")).to_have_count(1)
    await field.press("Enter")
    await expect(field).to_have_value("/transcribe status ")
    await field.press("Enter")
    await until(lambda: app.commands == ["status"])


async def test_an_ephemeral_answer_is_marked_and_only_its_person_sees_it(page: Page, open_page: OpenPage) -> None:
    bob = await open_page("U0BOB")
    await write(channel(page), "/transcribe help")
    answer = message(channel(page), "Nothing is running for")
    await expect(answer).to_contain_text("Only visible to you")
    await expect(answer.locator(".mention")).to_have_text("@Alice Petrosyan")
    await write(channel(page), "after")
    await expect(message(channel(bob), "after")).to_be_visible()
    await expect(channel(bob).locator(".message")).to_have_count(1)
    await page.reload()
    await expect(answer).to_contain_text("Only visible to you")


async def test_an_unknown_command_is_answered_with_a_sentence_and_kept(page: Page) -> None:
    await write(channel(page), "/transcrib help")
    await expect(
        page.get_by_role("alert").get_by_text("/transcrib is not a command here. There is /transcribe.")
    ).to_be_visible()
    await expect(channel(page).locator(".composer-field")).to_have_value("/transcrib help")


async def test_a_command_that_the_app_does_not_answer_is_told_by_slackbot(open_page: OpenPage) -> None:
    page = await open_page()  # without the app
    await expect(page.get_by_role("banner")).to_contain_text("threadscribe is offline")
    await write(channel(page), "/transcribe help")
    told = message(channel(page), "/transcribe failed with the error")
    await expect(told).to_contain_text("Only visible to you")


async def test_a_button_with_confirm_acts_only_when_confirmed(page: Page, app: ClinicApp) -> None:
    reply = await shared(page)
    await reply.get_by_role("button", name="Delete", exact=True).click()
    asked = page.get_by_role("alertdialog", name="Delete this transcript?")
    await expect(asked.locator("strong")).to_have_text("everybody")
    await asked.get_by_role("button", name="Keep").click()
    await expect(asked).to_have_count(0)
    assert app.actions == []
    await reply.get_by_role("button", name="Delete", exact=True).click()
    await asked.get_by_role("button", name="Delete").click()
    await expect(thread(page).get_by_role("heading", name="Sleep and cough")).to_have_count(0)
    assert app.actions[0]["value"] == "42"


async def test_a_select_of_a_message_is_searched_and_acts(page: Page, app: ClinicApp) -> None:
    reply = await shared(page)
    await (
        reply.get_by_role("button", name="Download: nothing chosen")
        .or_(reply.get_by_role("button", name="Download"))
        .first.click()
    )
    await page.get_by_role("combobox").fill("sub")
    await expect(page.get_by_role("option")).to_have_text(["Subtitles"])
    await page.keyboard.press("Enter")
    await expect(reply).to_contain_text("You chose srt.")
    assert app.actions[0]["selected_option"]["value"] == "srt"


async def test_an_overflow_menu_is_steered_with_arrows(page: Page, app: ClinicApp) -> None:
    reply = await shared(page)
    await reply.locator(".bk-overflow").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="Again in Spanish")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(reply).to_contain_text("You chose fr.")


async def test_a_modal_shows_what_is_missing_then_what_is_wrong_then_closes(page: Page, app: ClinicApp) -> None:
    modal = await settings(page)
    save = modal.get_by_role("button", name="Save")
    await save.click()
    await expect(modal.get_by_text("Please complete this required field.")).to_have_count(2)
    name = modal.get_by_label("Speaker 1")
    await expect(name).to_be_focused()
    await name.fill("Nobody")
    await modal.get_by_role("button", name="Language").click()
    await modal.get_by_role("combobox").fill("arm")
    await modal.get_by_role("option", name="Armenian").click()
    await save.click()
    await expect(modal.get_by_text("Nobody is not a name.")).to_be_visible()
    await expect(name).to_have_attribute("aria-invalid", "true")
    await name.fill("Dr Gevorgyan")
    await modal.get_by_label("On request").check()
    await modal.get_by_label("Timestamps").check()
    await modal.get_by_label("Since").fill("2026-03-04")
    await modal.get_by_role("button", name="Who may change this").click()
    await modal.get_by_role("option", name="Bob García").click()
    await page.keyboard.press("Escape")
    await save.click()
    await expect(modal).to_have_count(0)
    values = app.submitted[0]
    assert values["name"]["text"]["value"] == "Dr Gevorgyan"
    assert values["language"]["locale"]["selected_option"]["value"] == "armenian"
    assert values["start"]["mode"]["selected_option"]["value"] == "request"
    assert [one["value"] for one in values["show"]["parts"]["selected_options"]] == ["times"]
    assert values["who"]["people"]["selected_users"] == ["U0BOB"]
    assert values["since"]["day"]["selected_date"] == "2026-03-04"


async def test_a_pushed_modal_lies_on_top_and_the_one_below_keeps_its_text(page: Page) -> None:
    modal = await settings(page)
    await modal.get_by_label("Speaker 1").fill("Half typed")
    await modal.get_by_role("button", name="Advanced…").click()
    top = page.get_by_role("dialog", name="Advanced")
    await expect(top).to_contain_text("Nothing here yet.")
    await expect(modal).to_be_hidden()
    await top.get_by_role("button", name="Back").click()
    await expect(modal.get_by_label("Speaker 1")).to_have_value("Half typed")


async def test_escape_closes_the_modal_and_the_app_hears_of_it(page: Page, app: ClinicApp) -> None:
    modal = await settings(page)
    await page.keyboard.press("Escape")
    await expect(modal).to_have_count(0)
    await until(lambda: app.closed == ["settings"])


async def test_a_modal_keeps_what_was_typed_when_the_app_updates_it(page: Page, workspace: SlackSimulator) -> None:
    modal = await settings(page)
    await modal.get_by_label("Speaker 1").fill("Half typed")
    view = workspace.views.top("U0ALICE")
    assert view is not None
    note = {"type": "section", "block_id": "note", "text": {"type": "mrkdwn", "text": "Saved by Bob a moment ago."}}
    workspace.views.update(view.id, "", {**view.body, "blocks": [note, *cast("list[object]", view.body["blocks"])]})
    await expect(modal.get_by_text("Saved by Bob a moment ago.")).to_be_visible()
    await expect(modal.get_by_label("Speaker 1")).to_have_value("Half typed")
    await expect(modal.get_by_label("Speaker 1")).to_be_focused()


async def test_the_home_tab_is_published_and_its_button_works(page: Page) -> None:
    await page.get_by_role("navigation").get_by_role("button", name="App Home").click()
    home = page.get_by_role("region", name="App Home")
    await expect(home.get_by_role("heading", name="Your recordings")).to_be_visible()
    await home.get_by_role("button", name="Count").click()
    await expect(home).to_contain_text("Counted 1")
    await home.get_by_role("button", name="Count").click()
    await expect(home).to_contain_text("Counted 2")
    await page.get_by_role("tab", name="Messages").click()
    await expect(channel(page).locator(".composer-field")).to_be_visible()


async def test_a_message_shortcut_reaches_the_app(page: Page, app: ClinicApp) -> None:
    await write(channel(page), "Please transcribe the old one")
    mine = message(channel(page), "Please transcribe")
    await mine.hover()
    await mine.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Transcribe").click()
    await mine.get_by_role("button", name="1 reply").click()
    await expect(message(thread(page), "On it.")).to_be_visible()
    assert app.shortcuts[0]["message"]["text"] == "Please transcribe the old one"


async def test_a_person_gets_everywhere_by_keyboard_alone(page: Page) -> None:
    """Write, walk to the message, react, open its thread, reply, close it, change the conversation."""
    keys = page.keyboard
    await expect(channel(page).locator(".composer-field")).to_be_focused()
    await keys.type("By keyboard")
    await keys.press("Enter")
    mine = message(channel(page), "By keyboard")
    await expect(mine).to_be_visible()
    await keys.press("Shift+Tab")
    await expect(mine).to_be_focused()
    outline = await mine.evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline == "solid"
    await keys.press("Tab")
    await expect(mine.get_by_role("button", name="Add reaction")).to_be_focused()
    await keys.press("Enter")
    await keys.press("ArrowRight")
    await keys.press("Enter")
    await expect(mine.get_by_role("button", name="heart, 1 person")).to_be_visible()
    await mine.focus()
    while not await mine.get_by_role("button", name="Reply in thread").evaluate("e => e === document.activeElement"):
        await keys.press("Tab")
    await keys.press("Enter")
    await expect(thread(page).locator(".composer-field")).to_be_focused()
    await keys.type("And a reply")
    await keys.press("Enter")
    await expect(message(thread(page), "And a reply")).to_be_visible()
    await keys.press("Escape")
    await expect(thread(page)).to_be_hidden()
    await expect(mine.get_by_role("button", name="1 reply")).to_be_focused()
    room = page.get_by_role("navigation").get_by_role("button", name="call-centre")
    while not await room.evaluate("element => element === document.activeElement"):
        await keys.press("Shift+Tab")
    await keys.press("Enter")
    await expect(channel(page).get_by_role("heading", name="call-centre", exact=True)).to_be_visible()


async def test_a_lost_connection_comes_back_and_nothing_is_missed(page: Page, workspace: SlackSimulator) -> None:
    lost = "const real = WebSocket.prototype.close; for (const s of window.sockets ?? []) real.call(s)"
    await page.add_init_script(
        "window.sockets = []; const Real = WebSocket;"
        "window.WebSocket = class extends Real { constructor(...a) { super(...a); window.sockets.push(this); } };"
    )
    await page.reload()
    await expect(page.get_by_text("threadscribe is online")).to_be_visible()
    await page.context.set_offline(True)
    await page.evaluate(lost)
    await expect(page.get_by_text("Reconnecting to the workspace…")).to_be_visible()
    workspace.people.say("U0BOB", "C0CLINIC", "Said while you were away")
    await page.context.set_offline(False)
    await expect(message(channel(page), "Said while you were away")).to_be_visible()
    await expect(page.get_by_text("threadscribe is online")).to_be_visible()


async def test_a_window_of_a_workspace_that_ended_says_so(page: Page, workspace: SlackSimulator) -> None:
    workspace.options.page_token = "of-the-next-one"
    workspace.end_pages()
    await expect(page.get_by_text("This workspace has ended")).to_be_visible()
    await expect(page.get_by_role("alert")).to_contain_text("Open the address that the terminal shows.")
    await page.reload()
    await expect(page.get_by_text("Open the address that the terminal shows")).to_be_visible()


async def test_a_narrow_window_shows_one_pane_at_a_time(open_page: OpenPage, app: ClinicApp) -> None:
    page = await open_page(width=400)
    await expect(page.get_by_role("navigation")).to_be_hidden()
    await page.get_by_role("button", name="Conversations").click()
    await page.get_by_role("navigation").get_by_role("button", name="call-centre").click()
    await expect(page.get_by_role("navigation")).to_be_hidden()
    await write(channel(page), "Narrow")
    await message(channel(page), "Narrow").hover()
    await message(channel(page), "Narrow").get_by_role("button", name="Reply in thread").click()
    box = await thread(page).bounding_box()
    assert box is not None
    assert box["width"] == 400
    assert await page.evaluate("document.documentElement.scrollWidth") == 400
