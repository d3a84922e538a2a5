"""What an app writes is drawn as meant: mrkdwn, Markdown, rich text, every block, files of each kind."""

from __future__ import annotations

import random
from typing import Any

import pytest
from playwright.async_api import Page, expect

from simulators.slack.server import SlackSimulator
from tests.browser.clinic_app import ClinicApp, mrkdwn, option, plain
from tests.browser.window import DROP, channel, message, thread, write

RENDER = """async ([module, name, text]) => {
    const [parser, prose] = await Promise.all([import(`/page/${module}.js`), import("/page/prose.js")]);
    const box = document.createElement("div");
    box.append(...prose.prose(parser[name](text)).flat(Infinity));
    return box.innerHTML;
}"""


async def home_blocks(page: Page, text: str) -> str:
    """The HTML that the page makes of a mrkdwn text."""
    html: str = await page.evaluate(RENDER, ["mrkdwn", "parse", text])
    return html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _it_ ~gone~", "<strong>bold</strong> <em>it</em> <s>gone</s>"),
        ("*_both_*", "<strong><em>both</em></strong>"),
        ("snake_case_name 2*3*4 a~b~c", "snake_case_name 2*3*4 a~b~c"),
        ("* not bold * _ nor _", "* not bold * _ nor _"),
        ("*Բարեւ ձեզ*, *مرحبا*", "<strong>Բարեւ ձեզ</strong>, <strong>مرحبا</strong>"),
        ("ա*բ*", "ա*բ*"),
        ("`*code* &lt;b&gt;`", "<code>*code* &lt;b&gt;</code>"),
        ("```\na *b*\n&gt; c\n``` after", '<pre tabindex="0">a *b*\n&gt; c</pre>after'),
        ("one ``` two", "one ``` two"),
        ("a\n&gt; b\n&gt; c\nd", "a<blockquote>b<br>c</blockquote>d"),
        ("&gt;&gt;&gt; a\nb", "<blockquote>a<br>b</blockquote>"),
        ("a &amp;lt; b", "a &amp;lt; b"),
        ("<!here> <!channel>", '<span class="mention loud">@here</span> <span class="mention loud">@channel</span>'),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ("<script>", "&lt;script&gt;"),
        (":unknown_thing: 10:30:45", ":unknown_thing: 10:30:45"),
    ],
)
async def test_mrkdwn_is_parsed_as_slack_does(page: Page, text: str, html: str) -> None:
    assert await home_blocks(page, text) == html


async def test_links_mentions_emoji_and_dates_are_drawn(page: Page) -> None:
    text = "<https://e.org/?a=1&amp;b=2|here> <mailto:a@e.org|post> https://e.org/x. <@U0BOB> <#C0CALLS> :tada: "
    await channel(page).locator(".composer-field").evaluate("field => field.blur()")
    html = await home_blocks(page, text + "<!date^1700000000^{date_num} {time_secs}|then> <!date^x^{nothing}|fallback>")
    assert 'href="https://e.org/?a=1&amp;b=2"' in html
    assert 'href="mailto:a@e.org"' in html
    assert ">https://e.org/x</a>." in html
    assert "@Bob García" in html
    assert "#call-centre" in html
    assert "🎉" in html
    assert "2023-11-1" in html
    assert ">fallback</time>" in html


async def test_no_text_makes_anything_but_the_marks_of_mrkdwn(page: Page) -> None:
    """Random texts out of every character that means something: only known tags, only safe addresses come out."""
    pieces = ["*", "_", "~", "`", "```", "<", ">", "|", "&lt;", "&gt;", "&amp;", "\n", " ", "a", "é", "https://e.org"]
    pieces += ["javascript:alert(1)", "<img src=x onerror=alert(1)>", '"', "'", "@U0BOB", "!date^1^{date}^javascript:x"]
    pieces += ["[", "](", ")", "- ", "# ", "**"]
    chance = random.Random(20261121)
    texts = ["".join(chance.choices(pieces, k=chance.randrange(1, 30))) for _ in range(1500)]
    found = await page.evaluate(
        """async texts => {
            const [{parse}, {parseMarkdown}, {prose}] = await Promise.all(
                ["mrkdwn", "markdown", "prose"].map(name => import(`/page/${name}.js`)));
            const tags = new Set(), schemes = new Set(), handlers = [];
            for (const text of texts) for (const parser of [parse, parseMarkdown]) {
                const box = document.createElement("div");
                box.append(...prose(parser(text)).flat(Infinity));
                for (const element of box.querySelectorAll("*")) {
                    tags.add(element.localName);
                    if (element.href) schemes.add(new URL(element.href).protocol);
                    for (const attribute of element.attributes)
                        if (attribute.name.startsWith("on") || attribute.name === "src") handlers.push(attribute.name);
                }
            }
            return {tags: [...tags], schemes: [...schemes], handlers};
        }""",
        texts,
    )
    known = {"strong", "em", "s", "code", "pre", "blockquote", "br", "a", "span", "time", "p", "hr", "ul", "li"}
    assert set(found["tags"]) <= known
    assert set(found["schemes"]) <= {"https:"}
    assert found["handlers"] == []


async def test_what_a_person_types_is_sent_as_slack_sends_it(page: Page) -> None:
    sent = await page.evaluate(
        """async text => {
            const [{encode}, {state}] = await Promise.all([import("/page/composer.js"), import("/page/store.js")]);
            return encode(text, [...state.users.values()], [...state.channels.values()]);
        }""",
        "a < b & c @threadscribe, @nobody me@threadscribe #call-centre https://e.org/?a=1&b=2. `@bob <x>`",
    )
    assert sent == (
        "a &lt; b &amp; c <@U0BOT>, @nobody me@threadscribe <#C0CALLS> <https://e.org/?a=1&amp;b=2>. `@bob &lt;x&gt;`"
    )


async def test_every_block_is_drawn(page: Page, app: ClinicApp, workspace: SlackSimulator) -> None:
    rich: dict[str, Any] = {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "strong", "style": {"bold": True}}]},
            {
                "type": "rich_text_list",
                "style": "ordered",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": word}]}
                    for word in ("one", "two")
                ],
            },
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "<kept>"}]},
            {"type": "rich_text_quote", "elements": [{"type": "user", "user_id": "U0BOB"}]},
        ],
    }
    picture = {"type": "image", "image_url": f"{workspace.url}/page/mark.svg", "alt_text": "The mark"}
    await app.client.chat_postMessage(
        channel="C0CLINIC",
        text="all",
        blocks=[
            {"type": "header", "text": plain("A header :tada:")},
            {"type": "section", "fields": [mrkdwn("*Length*\n11 s"), mrkdwn("*Language*\nEnglish")]},
            {"type": "section", "text": mrkdwn("With a picture"), "accessory": picture},
            {"type": "context", "elements": [picture, mrkdwn("small print")]},
            {"type": "divider"},
            {**picture, "title": plain("By day")},
            {"type": "markdown", "text": "## Notes\n- **dry** cough\n- sleeps\n\n| a | b |\n|---|---|\n| 1 | 2 |"},
            rich,
        ],
    )
    shown = channel(page).locator(".message")
    await expect(shown.locator(".bk-header")).to_have_text("A header 🎉")
    await expect(shown.locator(".bk-field")).to_have_text(["Length11 s", "Language\nEnglish".replace("\n", "")])
    await expect(shown.get_by_role("img", name="The mark")).to_have_count(3)
    await expect(shown.locator(".bk-picture")).to_have_js_property("complete", True)
    await expect(shown.locator("figcaption")).to_have_text("By day")
    await expect(shown.locator(".md-heading")).to_have_text("Notes")
    await expect(shown.locator("ul li strong")).to_have_text("dry")
    await expect(shown.locator("tbody td")).to_have_text(["1", "2"])
    await expect(shown.locator("ol li")).to_have_text(["one", "two"])
    await expect(shown.locator("pre")).to_have_text("<kept>")
    await expect(shown.locator("blockquote .mention")).to_have_text("@Bob García")
    await expect(shown.locator(".not-drawn")).to_have_count(0)


async def test_a_container_opens_and_keeps_open_while_its_message_changes(page: Page, app: ClinicApp) -> None:
    fold = {
        "type": "container",
        "block_id": "fold",
        "title": plain("Transcript"),
        "child_blocks": [{"type": "section", "text": plain("She sleeps better.")}],
        "is_collapsible": True,
        "default_collapsed": True,
    }
    posted = await app.client.chat_postMessage(channel="C0CLINIC", text="folded", blocks=[fold])
    shown = channel(page).locator(".bk-container")
    await expect(shown.get_by_text("She sleeps better.")).to_be_hidden()
    await shown.get_by_text("Transcript").click()
    await expect(shown.get_by_text("She sleeps better.")).to_be_visible()
    below = {"type": "section", "text": plain("And a line below.")}
    await app.client.chat_update(channel="C0CLINIC", ts=posted["ts"], text="folded", blocks=[fold, below])
    await expect(channel(page).get_by_text("And a line below.")).to_be_visible()
    await expect(shown.get_by_text("She sleeps better.")).to_be_visible()


async def test_a_chart_is_drawn_and_says_what_it_shows(page: Page, app: ClinicApp) -> None:
    days = [("Mon 23", 12.5), ("Tue 24", 0), ("Wed 25", 50)]
    series = [{"name": "Minutes", "data": [{"label": day, "value": value} for day, value in days]}]
    axis = {"categories": [day for day, _ in days], "y_label": "Minutes"}
    chart = {"type": "bar", "series": series, "axis_config": axis}
    block = {"type": "data_visualization", "title": "The last days", "chart": chart}
    await app.client.chat_postMessage(channel="C0CLINIC", text="chart", blocks=[block])
    shown = channel(page).get_by_role("img", name="The last days. Mon 23: 12.5 Minutes, Tue 24: 0 Minutes")
    heights = await shown.locator(".bk-chart-bar").evaluate_all("bars => bars.map(bar => bar.offsetHeight)")
    assert heights[1] == 0 < heights[0] < heights[2]
    assert 3.5 < heights[2] / heights[0] < 4.5
    await expect(shown.locator(".bk-chart-label")).to_have_text(["Mon 23", "Tue 24", "Wed 25"])


async def test_every_element_is_drawn(page: Page, app: ClinicApp) -> None:
    options = [option("One", "1"), option("Two", "2")]
    kinds: list[dict[str, Any]] = [
        {"type": "static_select", "options": options},
        {"type": "external_select"},
        {"type": "users_select"},
        {"type": "conversations_select"},
        {"type": "channels_select"},
        {"type": "datepicker"},
        {"type": "timepicker"},
        {"type": "checkboxes", "options": options},
        {"type": "radio_buttons", "options": options},
        {"type": "overflow", "options": options},
        {"type": "button", "text": plain("Open"), "url": "https://e.org/"},
    ]
    elements = [{"action_id": f"a{n}", **kind} for n, kind in enumerate(kinds)]
    blocks = [{"type": "actions", "elements": elements}]
    await app.client.chat_postMessage(channel="C0CLINIC", text="elements", blocks=blocks)
    shown = channel(page).locator(".bk-actions")
    await expect(shown.locator(".picker")).to_have_count(5)
    await expect(shown.locator("input[type=date], input[type=time]")).to_have_count(2)
    await expect(shown.get_by_role("checkbox")).to_have_count(2)
    await expect(shown.get_by_role("radio")).to_have_count(2)
    await expect(shown.get_by_role("link", name="Open")).to_have_attribute("href", "https://e.org/")
    await shown.locator(".picker").nth(2).click()
    await expect(page.get_by_role("option", name="Bob García")).to_be_visible()


async def test_a_text_file_is_previewed_read_whole_and_downloaded(page: Page, app: ClinicApp) -> None:
    lines = [f"[{n:02d}:00] Line {n} of the <b>transcript</b>" for n in range(40)]
    await app.client.files_upload_v2(channel="C0CLINIC", content="\n".join(lines), filename="transcript.txt")
    card = channel(page).locator(".file-text")
    await expect(card.locator("pre")).to_contain_text("Line 0 of the <b>transcript</b>")
    await expect(card.locator("pre")).not_to_contain_text("Line 39")
    async with page.expect_download() as waiting:
        await card.get_by_role("link", name="Download transcript.txt").click()
    download = await waiting.value
    assert download.suggested_filename == "transcript.txt"
    assert (await download.path()).read_text() == "\n".join(lines)
    await card.get_by_role("button", name="Read the whole file").click()
    viewer = page.get_by_role("dialog")
    await expect(viewer.locator("pre")).to_contain_text("Line 39 of the <b>transcript</b>")
    await page.keyboard.press("Escape")
    await expect(viewer).to_have_count(0)


async def test_files_of_other_kinds_become_cards_with_their_type(page: Page) -> None:
    names = [["notes.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "x"]]
    names += [["clip.mp4", "video/mp4", "x"], ["old.amr", "audio/amr", "x"]]
    await channel(page).locator(".talk").evaluate(DROP, names)
    cards = channel(page).locator(".file-card")
    await expect(cards.nth(0)).to_contain_text("DOCX")
    await expect(cards.nth(1).locator("video")).to_have_count(1)
    await expect(cards.nth(2)).to_contain_text("This browser cannot play this format.")


async def test_pasted_files_wait_in_the_composer(page: Page) -> None:
    await (
        channel(page)
        .locator(".composer-field")
        .evaluate(
            """field => {
            const data = new DataTransfer();
            data.items.add(new File(["x"], "pasted.wav", {type: "audio/wav"}));
            field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }"""
        )
    )
    await expect(channel(page).locator(".chip-name")).to_have_text("pasted.wav")
    await channel(page).locator(".composer-field").press("Enter")
    await expect(channel(page).locator(".file-name")).to_have_text("pasted.wav")


async def test_an_edit_redraws_the_text_and_leaves_the_recording_alone(page: Page, workspace: SlackSimulator) -> None:
    await (
        channel(page)
        .locator("input[type=file]")
        .set_input_files({"name": "a.wav", "mimeType": "audio/wav", "buffer": b"RIFF"})
    )
    await write(channel(page), "Frist words")
    shown = message(channel(page), "Frist words")
    await shown.locator(".file-card").evaluate("card => { card.untouched = true; }")
    root = workspace.workspace.roots("C0CLINIC")[0]
    workspace.people.edit("U0ALICE", "C0CLINIC", root.ts, "First words")
    shown = message(channel(page), "First words")
    await expect(shown.locator(".edited")).to_be_visible()
    assert await shown.locator(".file-card").evaluate("card => card.untouched") is True


async def test_a_long_reply_is_shown_from_its_title_and_later_ones_do_not_carry_the_reader_away(
    page: Page, app: ClinicApp
) -> None:
    await write(channel(page), "Ward 4")
    await message(channel(page), "Ward 4").hover()
    await message(channel(page), "Ward 4").get_by_role("button", name="Reply in thread").click()
    root = await message(channel(page), "Ward 4").get_attribute("data-ts")
    spoken = "\n".join(f"*[{n:02d}:00]* Something was said here." for n in range(90))
    blocks = [{"type": "header", "text": plain("The long visit")}, {"type": "section", "text": mrkdwn(spoken[:3000])}]
    await app.client.chat_postMessage(channel="C0CLINIC", thread_ts=root, text="long", blocks=blocks)
    title = thread(page).get_by_role("heading", name="The long visit")
    await expect(title).to_be_in_viewport()
    await app.client.chat_postMessage(channel="C0CLINIC", thread_ts=root, text="One more thing")
    await expect(message(thread(page), "One more thing")).to_be_attached()
    await expect(title).to_be_in_viewport()
