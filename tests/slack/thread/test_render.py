"""Every message within every limit, every character somewhere, and nothing in it that acts."""

import json
import re
import unicodedata
from dataclasses import replace

import regex  # type: ignore[import-untyped]  # ships no stubs; only \X is used
from hypothesis import example, given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block as SdkBlock

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import FileFacts, Job, Origin, Outcome, State
from bot.domain.transcript import Segment, Transcript
from bot.slack.blockkit import limits
from bot.slack.blockkit.blocks import Message
from bot.slack.blockkit.text import JOINER, clip, cut, escape_label, split
from bot.slack.thread import render
from bot.slack.thread.render import JobStatus
from bot.slack.thread.transcript_blocks import DisplayOptions
from bot.text.phrases import ENGLISH
from bot.text.printable import printable
from simulators.slack.rules.limits import message_blocks

ORIGIN = Origin("T1", "C1", "1.1", "1.1", "F1", "U1")
JOB = Job("abcdefghjk", ORIGIN, State.REPLYING, 0.0, 0.0, 0.0, FileFacts("call.m4a"), outcome=Outcome.TRANSCRIPT)

SCRIPTS = st.one_of(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E),
    st.characters(min_codepoint=0x530, max_codepoint=0x58F),
    st.characters(min_codepoint=0x600, max_codepoint=0x6FF),
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    st.characters(min_codepoint=0x1F300, max_codepoint=0x1FAFF),
    st.characters(min_codepoint=0x300, max_codepoint=0x36F),
    st.sampled_from('\u200d\u200f\u202e\u2066\u2069\ufe0f\u00ad\u200b\u2028\x00\x07\x1b\x7f\r\n\t\ufffe\U0001f3fd"\\'),
)
TRAPS = st.sampled_from(
    [
        "<!here>", "<!channel>", "<@U0ALICE>", "<#C0CLINIC>", "@here", "@channel", "@everyone", ":tada:", "`code`",
        "```fence```", "*bold*", "_it_", "~no~", "> quote", "https://example.org/x", "<https://example.org|click>",
        "www.example.org", "mailto:a@example.org", "&amp;", "&lt;!here&gt;", "<!date^1^{date}|x>", "<!subteam^S1>",
    ]
)  # fmt: skip
TEXTS = st.lists(st.one_of(TRAPS, st.text(SCRIPTS, max_size=60), st.just(" ")), max_size=12).map("".join)
BIG = st.tuples(TEXTS, st.integers(1, 90)).map(lambda pair: f"{pair[0]} " * pair[1])
ALL = DisplayOptions(fold=True)
NAMES = st.one_of(st.none(), TEXTS.filter(str.strip))


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    segments = tuple(
        Segment(draw(st.one_of(TEXTS, BIG)), start, None if start is None else start + 2, draw(NAMES))
        for start in draw(st.lists(st.one_of(st.none(), st.floats(0, 20000)), max_size=8))
    )
    return Transcript(
        segments,
        language=draw(st.sampled_from([None, "en", "hy", "x<b>", "ENGLISH_US"])),
        seconds=draw(st.one_of(st.none(), st.floats(0, 90000))),
        title=draw(st.one_of(st.none(), TEXTS, BIG)),
        summary=draw(st.one_of(st.none(), TEXTS, BIG)),
        highlights=tuple(draw(st.lists(st.one_of(TEXTS, BIG), max_size=6))),
        provider=draw(st.sampled_from(["xosum", "local", "nabla"])),
    )


def strings(value: object) -> list[str]:
    """Every text of rich_text and plain_text in some blocks, joined in order."""
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) and value.get("type") != "mrkdwn" else []
        return own + [text for key, inner in value.items() if key != "text" or not own for text in strings(inner)]
    return [text for inner in value for text in strings(inner)] if isinstance(value, list) else []


def letters(text: str) -> str:
    return "".join(c for c in text if not c.isspace() and c != JOINER)


def check_limits(message: Message) -> None:
    """By the workspace's own rules, by the SDK's models, and by bytes."""
    blocks = json.loads(json.dumps(message.blocks))
    assert message_blocks(blocks) is not None
    assert limits.weight_of(blocks) <= limits.ALL_BLOCKS
    assert len(blocks) <= limits.MESSAGE_BLOCKS
    assert len(message.text) <= limits.POST_TEXT
    for block in SdkBlock.parse_all(blocks):
        block.to_dict()  # validates
    for text in strings(blocks):
        assert 0 < len(text.encode("utf-16-le")) // 2 <= limits.SECTION
        assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in text if c not in "\n\t")


ACTING = re.compile(
    r"[<>*`~]|(?<![^\W_])_|_(?![^\W_])|:[a-z0-9_+'-]+:|@(?:here|channel|everyone)|https?://|\bwww\.|^&gt;",
    re.IGNORECASE,
)


def acts(text: str) -> bool:
    """Whether something in a mrkdwn text of ours, its labels included, could act."""
    return bool(ACTING.search(text))


def mrkdwn(value: object) -> list[str]:
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            return [str(value["text"])]
        return [text for inner in value.values() for text in mrkdwn(inner)]
    return [text for inner in value for text in mrkdwn(inner)] if isinstance(value, list) else []


@given(transcripts(), st.builds(DisplayOptions, st.booleans(), st.booleans(), st.booleans()), TEXTS)
@example(Transcript((Segment("a" * 20000),)), ALL, "call.m4a")
@example(Transcript((Segment("\U0001f469\u200d\U0001f467" * 3000),)), ALL, "call.m4a")
@example(Transcript((Segment("a" + "\u0301" * 9000),), title="a" + "\u0301" * 400), ALL, "")
def test_every_character_of_a_transcript_is_in_the_reply_or_its_file(
    transcript: Transcript, look: DisplayOptions, name: str
) -> None:
    job = replace(JOB, file=FileFacts(name))
    reply = render.reply(job, transcript, look, "reply.abc.0", 100.0)
    if look.fold:  # the file is there for the same reasons
        unfolded = render.reply(job, transcript, replace(look, fold=False), "reply.abc.0", 100.0)
        assert (reply.document is None) == (unfolded.document is None)
    check_limits(reply.message)
    whole = letters("".join(strings(reply.message.blocks)))
    if reply.document is not None:
        text = reply.document.content.decode()
        whole = letters(text)
        assert transcript.is_empty or letters(_encodable(transcript.summary or "")) in whole
        assert 0 < len(reply.document.name) <= 100
        assert not set(reply.document.name) & set("/\\\0\n")
        for part in render.parts(reply.document):
            check_limits(part)
        parts = "".join("".join(strings(part.blocks)) for part in render.parts(reply.document))
        assert letters(printable(text)) == letters(parts)
    if not transcript.is_empty:
        assert letters(_encodable(transcript.title or "")) in whole
        for item in () if transcript.summary and transcript.summary.strip() else transcript.highlights:
            assert letters(_encodable(item)) in whole
        for segment in transcript.segments:
            for word in _encodable(segment.text).split():
                assert letters(word) in whole


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@given(transcripts(), TEXTS)
def test_nothing_in_a_transcript_acts(transcript: Transcript, name: str) -> None:
    job = replace(JOB, file=FileFacts(name))
    message = render.reply(job, transcript, ALL, "reply.abc.0", 100.0).message
    assert not acts(message.text)
    for text in mrkdwn(message.blocks):
        assert not acts(re.sub(r"^\*(.+?)\*(?=$|  )", r"\1", text))  # a speaker's name is bold
    kinds = set(re.findall(r'"type": "([a-z_]+)"', json.dumps(message.blocks)))
    assert kinds <= {
        "header", "plain_text", "rich_text", "rich_text_section", "rich_text_list", "text", "context", "mrkdwn"
    } | {"container", "section", "actions", "button", "static_select", "overflow"}  # fmt: skip


@given(TEXTS, st.sampled_from(list(ProblemCode)), st.dictionaries(st.sampled_from(["provider", "detail"]), TEXTS))
def test_a_failure_is_within_limits_and_quiet(name: str, code: ProblemCode, params: dict[str, str]) -> None:
    job = replace(JOB, file=FileFacts(name), outcome=Outcome.REFUSED, problem=Problem(code, params))
    message = render.reply(job, None, DisplayOptions(), "reply.abc.0", 1.0).message
    check_limits(message)
    assert not acts(message.text)


@given(st.lists(st.tuples(TEXTS, st.sampled_from(list(State)), st.integers(0, 5000)), min_size=1, max_size=12))
def test_a_status_line_is_within_limits_and_quiet(found: list[tuple[str, State, int]]) -> None:
    job_statuses = [
        JobStatus(replace(JOB, file=FileFacts(name), state=state, provider="xosum", progress=0.4), ahead, 130.0)
        for name, state, ahead in found
    ]
    message = render.status(job_statuses, JOB.id)
    check_limits(message)
    assert not acts(message.text.replace("*", ""))


@given(st.one_of(TEXTS, BIG), st.integers(4, 3000))
def test_splitting_loses_nothing_and_keeps_the_measure(text: str, limit: int) -> None:
    pieces = split(printable(text), limit)
    assert "".join(pieces) == printable(text)
    assert all(limits.weight(piece) <= limit or len(piece) == 1 for piece in pieces)


@given(
    st.lists(st.sampled_from(["e\u0301", "👩\u200d👧", "ﷺ", "한", "🇦🇲", "a", "\u0561"]), min_size=2),
    st.integers(40, 90),
)
def test_a_cut_is_between_graphemes(parts: list[str], limit: int) -> None:
    text = "".join(parts)
    head, rest = cut(text, limit)
    assert head + rest == text
    assert [*regex.findall(r"\X", head), *regex.findall(r"\X", rest)] == regex.findall(r"\X", text)


def test_a_cut_prefers_the_end_of_a_sentence_and_then_a_word() -> None:
    assert cut("One two three. Four five six seven", 26)[0] == "One two three. "
    assert cut("One two three four five", 16)[0] == "One two three "


def test_a_label_cannot_mention_link_or_decorate() -> None:
    for trap in ("<!here>", "@channel", ":tada:", "*x*", "`x`", "https://example.org", "<@U1|x>", "_x_"):
        assert not acts(escape_label(trap)), trap
    assert escape_label("my_file & co.m4a") == "my_file &amp; co.m4a"
    assert escape_label("> said") != "&gt; said"


def test_a_clip_shows_that_it_is_one() -> None:
    assert clip("short", 10) == "short"
    assert clip("rather long", 8) == "rather…"


def test_extracted_sentences_are_called_highlights_and_written_ones_a_summary() -> None:
    said = Transcript((Segment("We meet on Monday.", 0.0, 2.0, "DOCTOR"),), highlights=("We meet on Monday.",))
    assert "Highlights" in str(render.reply(JOB, said, DisplayOptions(), "x", 1.0).message.blocks)
    written = replace(said, highlights=(), summary="A date is set.")
    blocks = str(render.reply(JOB, written, DisplayOptions(), "x", 1.0).message.blocks)
    assert "Summary" in blocks
    assert "Highlights" not in blocks


def test_speakers_and_times_are_shown_where_they_exist_and_are_wanted() -> None:
    talk = Transcript(
        (Segment("Hello.", 61.0, 62.0, "S1"), Segment("Hi.", 65.0, 66.0, "S2")), speaker_names={"S1": "Ana"}
    )
    both = str(render.reply(JOB, talk, DisplayOptions(), "x", 1.0).message.blocks)
    assert "*Ana*  01:01" in both
    assert "*Speaker 2*  01:05" in both
    neither = str(render.reply(JOB, talk, DisplayOptions(speakers=False, times=False), "x", 1.0).message.blocks)
    assert "Ana" not in neither
    assert "01:01" not in neither


def test_a_clip_is_its_words_one_grey_line_and_a_menu() -> None:
    job = replace(JOB, file=FileFacts("audio_message.m4a", subtype="slack_audio"))
    said = Transcript((Segment("Please call the plumber.", 0.0, 2.0),), language="en", seconds=2.0, provider="local")
    reply = render.reply(job, said, DisplayOptions(), "x", 1.0, who=render.Who(shared="Alice Petrosyan"))
    words, facts = reply.message.blocks
    assert words["type"] == "section"
    assert "Please call the plumber." in str(words["text"])
    assert "overflow" in str(words["accessory"])
    assert "Voice clip from Alice Petrosyan  ·  2 s  ·  English" in str(facts)
    assert reply.message.text == "Please call the plumber."
    titled = render.reply(job, replace(said, title="Plumber"), DisplayOptions(), "x", 1.0).message.blocks
    assert titled[0]["type"] == "section"  # the title repeats a word that was said
    check_limits(reply.message)


def test_a_title_that_says_more_than_the_words_is_kept() -> None:
    said = Transcript((Segment("Please call him.", 0.0, 2.0),), title="Water damage")
    assert render.reply(JOB, said, DisplayOptions(), "x", 1.0).message.blocks[0]["type"] == "header"


def test_labels_of_speakers_are_readable_and_highlights_have_their_times() -> None:
    talk = Transcript(
        (Segment("Hello there.", 0.0, 2.0, "SPEAKER_00"), Segment("We meet on Monday.", 62.0, 66.0, "DOCTOR")),
        highlights=("We meet on Monday.",),
    )
    blocks = str(render.reply(JOB, talk, DisplayOptions(), "x", 1.0).message.blocks)
    assert "*Speaker 1*  00:00" in blocks
    assert "*Doctor*  01:02" in blocks
    assert "{'type': 'text', 'text': '01:02', 'style': {'code': True}}" in blocks


def test_a_conversation_of_many_turns_is_folded_with_its_speakers_in_the_text() -> None:
    turns = tuple(Segment(f"Sentence {n} is said.", n * 30.0, n * 30.0 + 2, f"S{n % 2}") for n in range(30))
    talk = Transcript(turns, summary="Two people talk.", speaker_names={"S0": "Ana", "S1": "Ben"})
    reply = render.reply(JOB, talk, ALL, "x", 1.0)
    (fold,) = [block for block in reply.message.blocks if block["type"] == "container"]
    said = "".join(strings(fold))
    assert "Ana  00:00\nSentence 0 is said." in said
    assert said.index("Ben  00:30") < said.index("Sentence 1 ") < said.index("Ana  01:00")
    assert reply.document is None
    check_limits(reply.message)


def test_silence_is_said_and_not_filled() -> None:
    blocks = str(render.reply(JOB, Transcript(()), DisplayOptions(), "x", 1.0).message.blocks)
    assert ENGLISH.no_speech in blocks


def test_a_two_hour_transcript_is_rendered_without_stalling_the_loop() -> None:
    segments = tuple(Segment(f"Sentence {n} is here to be read by somebody.", n * 2.0) for n in range(20000))
    reply = render.reply(JOB, Transcript(segments), DisplayOptions(), "x", 1.0)
    assert reply.document is not None
    check_limits(reply.message)


def test_a_title_that_nothing_can_show_is_no_heading() -> None:
    transcript = Transcript((Segment("No pain at all, and that for weeks. " * 30),), title="\u202e\u2066")
    check_limits(message := render.reply(JOB, transcript, ALL, "mark", 1.0).message)
    assert "call.m4a" in str(message.blocks[0])
