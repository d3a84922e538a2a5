"""Titles and highlights: only what was said, the same every time, and nothing silly for a short clip."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.transcript import Segment, Transcript
from bot.text.highlights import LONGEST, starts, suggest
from bot.text.sentences import sentences, split
from bot.text.titles import TITLE_LIMIT, title

MEETING = """Good morning everyone, thanks for joining. Can everybody hear me? Yes. Okay, great. So today we want to
talk about the migration of the billing database to the new cluster. As you know, the old cluster runs out of disk space
at the end of March. We have about six weeks left. Maria, could you tell us where we stand? Sure. So the schema has been
migrated to the staging cluster and all tests pass. The nightly export is still running against the old database, and
that is the main risk. If the export fails during the switch, the accounting team gets no invoices in the morning.
Hmm, right. How long does the export take? About two hours. Okay. So I would suggest that we switch on a Saturday
night, after the export has finished. Yeah, I agree. What about the rollback plan? We keep the old cluster read only
for two weeks. That sounds good. So we decided two things. First, the billing database moves to the new cluster on
Saturday the twentieth of March. Second, the old cluster stays read only for two weeks as a rollback. Anything else?
No. Thanks everyone. Bye. Bye bye."""

CALL = """Բարև ձեզ, ինչո՞վ կարող եմ օգնել։ Բարև ձեզ, իմ ինտերնետ կապը երեք օր է չի աշխատում։ Հասկացա, խնդրում եմ ասեք
ձեր պայմանագրի համարը։ Պայմանագրի համարն է չորս հինգ վեց յոթ։ Շնորհակալություն, մեկ րոպե սպասեք։ Տեսնում եմ, որ ձեր
հասցեում ինտերնետ կապի վթար է գրանցվել երկուշաբթի օրը։ Վթարը կապված է մալուխի վնասման հետ, և մեր տեխնիկական խումբն
արդեն աշխատում է դրա վրա։ Իսկ ե՞րբ կվերականգնվի կապը։ Նախնական տվյալներով կապը կվերականգնվի վաղը մինչև ժամը տասնութը։
Ես տանից եմ աշխատում, և ինձ համար շատ կարևոր է ինտերնետը։ Հասկանում եմ ձեզ, ներողություն եմ խնդրում անհարմարության
համար։ Կարող եմ ձեզ առաջարկել ժամանակավոր մոբայլ ինտերնետի փաթեթ անվճար երեք օրով։ Այո, դա լավ կլինի։ Լավ, փաթեթը
կակտիվանա տասը րոպեի ընթացքում ձեր հեռախոսահամարի վրա։ Նաև վճարից կհանվեն այն օրերը, երբ կապը չի աշխատել։ Շատ
շնորհակալ եմ։ Խնդրեմ, ուրիշ հարցով կարո՞ղ եմ օգնել։ Ոչ, շնորհակալություն։ Ցտեսություն, լավ օր եմ մաղթում։"""

JFK = (
    "And so my fellow Americans, ask not what your country can do for you, ask what you can do for your country. "
    "My fellow citizens of the world, ask not what America will do for you."
)


def flat(text: str) -> str:
    return " ".join(text.split())


def spoken(text: str) -> Transcript:
    return Transcript((Segment(flat(text)),))


def test_a_meeting_is_headed_by_its_subject_and_highlights_its_decisions() -> None:
    result = suggest(spoken(MEETING))
    assert result.title == "The migration of the billing database to the new cluster"
    assert (
        "First, the billing database moves to the new cluster on Saturday the twentieth of March." in result.highlights
    )
    assert "Second, the old cluster stays read only for two weeks as a rollback." in result.highlights
    assert not any("hear me" in sentence or "Thanks" in sentence for sentence in result.highlights)


def test_an_armenian_call_is_headed_by_its_subject_and_highlights_the_answer() -> None:
    result = suggest(spoken(CALL))
    assert result.title == "Իմ ինտերնետ կապը երեք օր է չի աշխատում"
    assert 3 <= len(result.highlights) <= 5
    assert "Նախնական տվյալներով կապը կվերականգնվի վաղը մինչև ժամը տասնութը։" in result.highlights


MOVE = """Good morning, Tom. Let us talk about {subject}. We move on Friday, the twelfth of June. They come at eight.
The movers ask for four thousand dollars. There was a second offer for five thousand dollars, but that company was not
free in June. Then we take the first offer. Can you sign the contract this week? Yes. I will sign the contract on
Wednesday, and I will send you a copy. There is one thing. The elevator in the new building is small, and the big table
does not fit in. Let us sell it. We need a new table for the meeting room anyway, and I will order one by Monday. I will
write to the customers next Tuesday. Yes, let us meet again on Monday, the eighth of June, at ten o'clock."""


def test_a_talk_is_headed_by_what_a_speaker_says_that_it_is_about() -> None:
    said = MOVE.format(subject="the move to the new office")
    assert title(Transcript((Segment(said),), "en")) == "The move to the new office"
    pointed = title(Transcript((Segment(MOVE.format(subject="it once more today")),), "en"))
    assert pointed is not None
    assert "once more" not in pointed


def test_highlights_go_on_to_another_subject_once_one_was_told() -> None:
    told = "The billing database of the old cluster loses invoices in {}."
    other = "Nurses on the night shift need warmer uniforms before winter."
    cities = ("Paris", "Lyon", "Madrid", "Yerevan", "Gyumri", "Berlin", "Vienna", "Lisbon", "Dublin", "Oslo", "Athens")
    said = [told.format(city) for city in cities]
    result = suggest(spoken(" ".join([*said[:6], other, *said[6:]])))
    assert other in result.highlights


def test_a_short_clip_gets_neither_title_nor_highlights() -> None:
    assert suggest(spoken(JFK)) == spoken(JFK)


ROOF = """Uh hi this is Daniel from Brightline Roofing. I am calling about the quote for the house on Maple Street. We
looked at the roof on Tuesday and the flashing around the chimney has to be replaced. It will be about four thousand two
hundred dollars including labor. We can start on the ninth of June if the weather holds. I need a deposit of ten percent
by Friday. Please call me back at this number. The crew is three people and they need two days. If you want the copper
gutters, that is another six hundred dollars. My boss is away next week, so please talk to me directly. The permit takes
five days at the town hall. We bring our own ladders and a dumpster. Parking in front of the garage must stay free on
both days. Thank you and have a good day. Bye."""


def test_a_call_is_headed_by_what_it_is_about_and_highlights_amounts_and_dates() -> None:
    result = suggest(spoken(ROOF))
    assert result.title == "The quote for the house on Maple Street"
    assert "I need a deposit of ten percent by Friday." in result.highlights
    assert "It will be about four thousand two hundred dollars including labor." in result.highlights


def test_highlights_know_when_they_were_said() -> None:
    said = flat(ROOF).split(". ")
    segments = tuple(Segment(f"{text}.", number * 5.0, number * 5.0 + 4) for number, text in enumerate(said))
    result = suggest(Transcript(segments))
    assert len(result.highlights) >= 2
    for highlight, at in zip(result.highlights, starts(result), strict=True):
        assert at is not None
        assert highlight.startswith(said[round(at / 5)][:20])


@given(st.lists(st.sampled_from(ROOF.replace("\n", " ").split(". ")), min_size=20, max_size=40))
def test_a_title_never_begins_with_a_filler_nor_ends_before_the_month(found: list[str]) -> None:
    title = suggest(spoken(". ".join([*found, "And so the deadline for all of it is the ninth of June"]) + ".")).title
    if title is not None:
        assert not title.lower().startswith(("and ", "so ", "uh ", "hi "))
        assert not title.endswith(("ninth", "ten", "four"))


def test_a_recording_without_punctuation_gets_no_highlights() -> None:
    result = suggest(spoken("we talked about the new cluster and the old one " * 60))
    assert result.title
    assert result.highlights == ()


def test_silence_gets_neither() -> None:
    assert suggest(Transcript(())) == Transcript(())
    assert suggest(Transcript((Segment("  "),))).title is None


def test_what_the_provider_wrote_is_kept() -> None:
    given_by_provider = Transcript((Segment(flat(MEETING)),), title="Their title", summary="Their summary")
    assert suggest(given_by_provider) == given_by_provider


def test_segments_that_cut_a_sentence_are_joined_and_speakers_are_not() -> None:
    transcript = Transcript(
        (
            Segment("The old cluster", speaker="A"),
            Segment("runs out of space.", speaker="A"),
            Segment("and the new one", speaker="B"),
        )
    )
    assert sentences(transcript) == ["The old cluster runs out of space.", "and the new one"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Mr. Smith met Dr. Who at 3.15 today. Really? Yes.",
            ["Mr. Smith met Dr. Who at 3.15 today.", "Really?", "Yes."],
        ),
        ("Այո։ Ոչ։", ["Այո։", "Ոչ։"]),
        ("Գալիս եմ: Ժամը 10:30 է: Լավ", ["Գալիս եմ:", "Ժամը 10:30 է:", "Լավ"]),
        ("こんにちは。元気ですか？はい。", ["こんにちは。", "元気ですか？", "はい。"]),
        ("كيف حالك؟ نعم.", ["كيف حالك؟", "نعم."]),
        ("El turno está cargado desde el verano. Perfecto.", ["El turno está cargado desde el verano.", "Perfecto."]),
    ],
)
def test_sentences_end_where_their_script_ends_them(text: str, expected: list[str]) -> None:
    assert split(text) == expected


KINDS = """the old cluster billing database export Saturday and of we move moves Իսկ կապը ինտերնետ աշխատում El año
turno 今日は データ 3.5 Mr. e.g. don't — «so» 😀 مرحبا"""
WORD = st.sampled_from(KINDS.split())
SENTENCE = st.builds(
    lambda found, end: " ".join(found) + end, st.lists(WORD, min_size=1, max_size=20), st.sampled_from(list(".?!։。"))
)
SEGMENT = st.builds(
    lambda found, speaker: Segment(" ".join(found), speaker=speaker),
    st.lists(SENTENCE, max_size=6) | st.lists(st.text(max_size=40), max_size=3),
    st.sampled_from([None, "A", "B"]),
)
TRANSCRIPT = st.builds(lambda found: Transcript(tuple(found)), st.lists(SEGMENT, max_size=12))


@given(TRANSCRIPT)
def test_every_highlight_was_said_and_the_title_is_short_and_there(transcript: Transcript) -> None:
    result = suggest(transcript)
    assert suggest(transcript) == result
    assert result.segments == transcript.segments
    for highlight in result.highlights:
        assert highlight in flat(transcript.text)
        assert len(highlight) <= LONGEST
    assert len(set(result.highlights)) == len(result.highlights)
    assert len(result.highlights) in (0, 2, 3, 4, 5)
    assert len(starts(result)) == len(result.highlights)
    if result.title is not None:
        assert not transcript.is_empty
        assert result.title.strip()
        assert len(result.title) <= TITLE_LIMIT
        assert result.title.rstrip("…")[1:].casefold() in flat(transcript.text).casefold()


@given(st.text(alphabet=st.characters() | st.sampled_from(string.punctuation + " .։。?")))
def test_splitting_loses_nothing_but_white_space(text: str) -> None:
    assert "".join("".join(split(text)).split()) == "".join(text.split())
