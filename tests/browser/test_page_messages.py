"""People write, share files and react on the local workspace page."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import FilePayload, Page, Route, expect

from simulators.slack.server import SlackSimulator
from tests.browser.clinic_app import ClinicApp
from tests.browser.window import DROP, OpenPage, channel, message, thread, tone, write


async def test_the_page_says_that_it_is_not_slack(page: Page) -> None:
    await expect(page.get_by_role("banner")).to_contain_text("This is not Slack.")
    await expect(page).to_have_title("#clinic-notes · Local workspace for Threadscribe")


async def test_a_message_reaches_the_other_person_at_once(page: Page, open_page: OpenPage) -> None:
    bob = await open_page("U0BOB")
    await write(channel(page), "Good *morning*")
    await expect(message(channel(bob), "Good morning").locator("strong")).to_have_text("morning")
    await expect(message(channel(bob), "Good morning").locator(".message-name")).to_have_text("Alice Petrosyan")
    await expect(message(channel(page), "Good morning")).to_have_count(1)


async def test_what_is_said_while_the_history_is_on_its_way_is_not_lost(page: Page, workspace: SlackSimulator) -> None:
    async def late(route: Route) -> None:
        answer = await route.fetch()
        workspace.people.say("U0BOB", "C0CALLS", "Said in between")
        await expect(page.get_by_role("navigation").locator(".unread, [aria-current]")).to_have_count(1)
        await expect(page.locator("[aria-live=polite]")).to_contain_text("Said in between")
        await route.fulfill(response=answer)

    await page.route("**/local/history*C0CALLS", late)
    await page.get_by_role("navigation").get_by_role("button", name="call-centre").click()
    await expect(message(channel(page), "Said in between")).to_be_visible()


async def test_shift_enter_breaks_the_line_and_enter_sends(page: Page) -> None:
    field = channel(page).locator(".composer-field")
    await field.type("one")
    await field.press("Shift+Enter")
    await field.type("two")
    await expect(channel(page).locator(".message")).to_have_count(0)
    await field.press("Enter")
    await expect(channel(page).locator(".message .prose br")).to_have_count(1)
    await expect(field).to_have_value("")


async def test_markup_that_a_person_types_is_shown_and_never_run(page: Page, workspace: SlackSimulator) -> None:
    nasty = "<img src=x onerror=\"document.title='run'\"> <script>document.title='run'</script> &lt;b&gt; *<i>bold</i>*"
    await write(channel(page), nasty)
    shown = message(channel(page), "<img src=x")
    await expect(shown).to_contain_text("<script>document.title='run'</script> &lt;b&gt; <i>bold</i>")
    assert await shown.locator(".prose img, .prose script, .prose i, .prose b").count() == 0
    workspace.people.say(
        "U0BOB", "C0CLINIC", "<img src=y onerror=alert(1)> <javascript:alert(1)|press me> <https://e.org|fine>"
    )
    raw = message(channel(page), "press me")
    await expect(raw.locator("a")).to_have_count(1)
    await expect(raw.locator("a")).to_have_attribute("href", "https://e.org/")
    assert await raw.locator(".prose img").count() == 0
    assert "run" not in await page.title()


async def test_a_dropped_file_is_shared_and_the_answer_opens_in_the_thread(page: Page, app: ClinicApp) -> None:
    talk = channel(page).locator(".talk")
    await talk.evaluate(DROP, [["visit.wav", "audio/wav", "RIFF"]])
    await expect(message(channel(page), "visit.wav").locator(".file-audio")).to_be_visible()
    await expect(message(channel(page), "visit.wav").get_by_role("button", name="eyes, 1 person")).to_be_visible()
    reply = thread(page).locator(".message").nth(1)
    await expect(reply.get_by_role("heading", name="Sleep and cough")).to_be_visible()
    await expect(reply.locator(".bk-context")).to_have_text("11 s · English · 2 speakers")
    await expect(reply).to_contain_text("<b>Not bold</b> & so on.")
    await expect(message(channel(page), "visit.wav").get_by_role("button", name="1 reply")).to_be_visible()


async def test_several_dropped_files_make_one_message(page: Page, app: ClinicApp) -> None:
    await channel(page).locator(".talk").evaluate(DROP, [["a.wav", "audio/wav", "1"], ["b.mp3", "audio/mpeg", "22"]])
    await expect(channel(page).locator(".message")).to_have_count(1)
    await expect(channel(page).locator(".file-card")).to_have_count(2)
    await expect(thread(page).locator(".message").first.locator(".file-name")).to_have_text(["a.wav", "b.mp3"])


async def test_a_file_dropped_on_a_thread_stays_in_it(page: Page, app: ClinicApp) -> None:
    await write(channel(page), "Ward 4")
    await message(channel(page), "Ward 4").hover()
    await message(channel(page), "Ward 4").get_by_role("button", name="Reply in thread").click()
    await thread(page).evaluate(DROP, [["late.wav", "audio/wav", "x"]])
    await expect(message(thread(page), "late.wav")).to_be_visible()
    await expect(thread(page).get_by_role("heading", name="Sleep and cough")).to_be_visible()
    await expect(channel(page).locator(".message")).to_have_count(1)
    await expect(channel(page).get_by_role("button", name="2 replies")).to_be_visible()


async def test_the_drop_frame_names_the_place_and_goes_away(page: Page) -> None:
    enter = DROP.replace('["dragenter", "dragover", "drop"]', '["dragenter"]')
    talk = channel(page).locator(".talk")
    await talk.evaluate(enter, [["a.wav", "audio/wav", "1"]])
    await expect(talk.locator(".drop-frame")).to_contain_text("#clinic-notes")
    await talk.evaluate(enter.replace("dragenter", "dragleave"), [])
    await expect(talk.locator(".drop-frame")).to_be_hidden()


async def test_chosen_files_wait_for_their_text_and_can_be_taken_away(page: Page, tmp_path: Path) -> None:
    files = [str(tone(tmp_path / name)) for name in ("keep.wav", "drop.wav")]
    await channel(page).locator("input[type=file]").set_input_files(files)
    await channel(page).get_by_role("button", name="Take drop.wav away").click()
    await write(channel(page), "From this morning")
    shared = message(channel(page), "From this morning")
    await expect(shared.locator(".file-name")).to_have_text(["keep.wav"])
    await expect(shared.get_by_role("button", name="Play keep.wav")).to_be_visible()
    await expect(shared.locator(".player-time")).to_have_text("0:01")


async def test_the_first_step_of_an_empty_channel_is_a_sample(page: Page) -> None:
    await page.get_by_role("button", name="Ward round (1 s)").click()
    await expect(channel(page).locator(".file-name")).to_have_text(["Ward round (1 s)"])
    await expect(thread(page).get_by_role("heading", name="Sleep and cough")).to_be_visible()
    await expect(channel(page).locator(".welcome")).to_be_hidden()


async def test_a_voice_clip_is_recorded_and_sent(page: Page) -> None:
    await channel(page).get_by_role("button", name="Record a voice clip").click()
    await expect(channel(page).get_by_role("timer")).to_have_text("0:01")
    await channel(page).get_by_role("button", name="Send clip").click()
    await expect(channel(page).locator(".file-audio .file-meta")).to_contain_text("Voice clip")
    await expect(thread(page).get_by_role("heading", name="Sleep and cough")).to_be_visible()


async def test_a_discarded_voice_clip_is_not_sent(page: Page) -> None:
    await channel(page).get_by_role("button", name="Record a voice clip").click()
    await channel(page).get_by_role("button", name="Discard").click()
    await expect(channel(page).locator(".composer-field")).to_be_focused()
    await expect(channel(page).locator(".message")).to_have_count(0)


async def test_a_reaction_is_added_seen_by_others_and_taken_back(page: Page, open_page: OpenPage) -> None:
    bob = await open_page("U0BOB")
    await write(channel(page), "Done with ward 4")
    mine = message(channel(page), "Done with ward 4")
    await mine.hover()
    await mine.get_by_role("button", name="Add reaction").click()
    await page.get_by_role("menuitem", name="tada").click()
    seen = message(channel(bob), "Done with ward 4").locator(".reaction")
    await expect(seen.first).to_have_attribute("aria-pressed", "false")
    await expect(mine.locator(".reaction").first).to_have_attribute("aria-pressed", "true")
    await mine.locator(".reaction").first.click()
    await expect(seen).to_have_count(0)


async def test_deleting_asks_first_and_takes_the_message_from_everybody(page: Page, open_page: OpenPage) -> None:
    bob = await open_page("U0BOB")
    await write(channel(page), "A slip")
    await expect(message(channel(bob), "A slip")).to_be_visible()
    mine = message(channel(page), "A slip")
    await mine.hover()
    await mine.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Delete message…").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Cancel").click()
    await expect(mine).to_be_visible()
    await mine.hover()
    await mine.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Delete message…").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    await expect(message(channel(bob), "A slip")).to_have_count(0)
    await expect(mine).to_have_count(0)


async def test_a_deleted_file_leaves_a_note_in_its_place(page: Page) -> None:
    await channel(page).locator(".talk").evaluate(DROP, [["secret.wav", "audio/wav", "1"]])
    await channel(page).get_by_role("button", name="More for secret.wav").click()
    await page.get_by_role("menuitem", name="Delete file…").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete file").click()
    await expect(channel(page).locator(".file-card")).to_have_text("This file was deleted.")


async def test_switching_people_shows_only_what_that_person_may_see(page: Page) -> None:
    await expect(page.get_by_role("navigation").get_by_text("board")).to_be_visible()
    await write(channel(page), "From Alice")
    await page.get_by_role("radio", name="Bob García").click()
    await expect(page.get_by_role("navigation").get_by_text("board")).to_have_count(0)
    await expect(message(channel(page), "From Alice")).to_be_visible()
    await write(channel(page), "From Bob")
    await expect(message(channel(page), "From Bob").locator(".message-name")).to_have_text("Bob García")
    assert "as=U0BOB" in page.url


async def test_a_mention_is_completed_and_reaches_the_app(page: Page) -> None:
    field = channel(page).locator(".composer-field")
    await field.type("@thr")
    await expect(channel(page).get_by_role("option", name="threadscribe")).to_be_visible()
    await field.press("Enter")
    await field.type("please")
    await field.press("Enter")
    await expect(message(channel(page), "please").locator(".mention")).to_contain_text("@threadscribe")
    await channel(page).get_by_role("button", name="1 reply").click()
    await expect(message(thread(page), "You called?")).to_be_visible()


async def test_unread_messages_are_counted_where_they_are(page: Page, workspace: SlackSimulator) -> None:
    room = page.get_by_role("navigation").get_by_role("button", name="call-centre")
    for n in range(2):
        workspace.people.say("U0BOB", "C0CALLS", f"Call {n}")
    await expect(room.locator(".badge")).to_have_text("2")
    await room.click()
    await expect(message(channel(page), "Call 1")).to_be_visible()
    await expect(room.locator(".badge")).to_have_count(0)


async def test_the_bot_is_invited_where_it_is_not(page: Page) -> None:
    await page.get_by_role("navigation").get_by_role("button", name="general").click()
    await channel(page).get_by_role("button", name="Invite threadscribe").click()
    await expect(message(channel(page), "Thank you for the invitation.")).to_be_visible()
    await expect(channel(page).get_by_role("button", name="Invite threadscribe")).to_have_count(0)


async def test_new_messages_are_announced_to_a_screen_reader(page: Page, workspace: SlackSimulator) -> None:
    workspace.people.say("U0BOB", "C0CLINIC", "Listen to *this*")
    await expect(page.locator("[aria-live=polite]")).to_have_text("Bob García: Listen to this")


async def test_a_refused_call_is_told_as_a_sentence(page: Page, workspace: SlackSimulator) -> None:
    workspace.people.say("U0BOB", "C0CLINIC", "Soon gone")
    gone = message(channel(page), "Soon gone")
    await gone.hover()
    await gone.get_by_role("button", name="Add reaction").click()
    await page.route("**/local/react", lambda route: route.fulfill(status=400, json={"error": "message_not_found"}))
    await page.get_by_role("menuitem", name="tada").click()
    await expect(page.get_by_role("alert").get_by_text("That message is no longer there.")).to_be_visible()


async def test_an_upload_shows_its_progress_and_can_be_cancelled(page: Page, app: ClinicApp) -> None:
    async def never(_route: Route) -> None:
        """Leaves the upload on its way."""

    await page.route("**/local/upload", never)
    await channel(page).locator(".talk").evaluate(DROP, [["slow.wav", "audio/wav", "x"]])
    row = channel(page).locator(".upload")
    await expect(row).to_contain_text("Uploading slow.wav")
    await row.get_by_role("button", name="Cancel").click()
    await expect(row).to_have_count(0)
    await expect(channel(page).locator(".message")).to_have_count(0)
    await expect(page.get_by_role("alert").locator(".notice")).to_have_count(0)


async def test_an_upload_that_fails_is_told_and_its_files_wait_again(page: Page) -> None:
    await page.route("**/local/upload", lambda route: route.fulfill(status=413, json={}))
    files: FilePayload = {"name": "huge.wav", "mimeType": "audio/wav", "buffer": b"x"}
    await channel(page).locator("input[type=file]").set_input_files(files)
    await write(channel(page), "Here it is")
    await expect(
        page.get_by_role("alert").get_by_text("That is more than the workspace takes at once.")
    ).to_be_visible()
    await expect(channel(page).locator(".chip-name")).to_have_text("huge.wav")
    await expect(channel(page).locator(".composer-field")).to_have_value("Here it is")


async def test_a_recording_sent_to_the_bot_directly_is_answered_there(page: Page, app: ClinicApp) -> None:
    await page.get_by_role("navigation").get_by_role("button", name="threadscribe").click()
    await channel(page).locator(".talk").evaluate(DROP, [["private.wav", "audio/wav", "x"]])
    await expect(thread(page).get_by_role("heading", name="Sleep and cough")).to_be_visible()
