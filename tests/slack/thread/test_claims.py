"""Every claim of a reply, a reaction and a status line, on every path, compared with what it speaks of."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import FINAL, FileFacts, Job, Origin, Outcome, State
from bot.domain.transcript import Segment, SpeechFinding, Transcript
from bot.slack.texts import batch, stage
from bot.slack.thread.reactions import DONE, FAILED, NONE, ending
from bot.slack.thread.render import Who, reply
from bot.slack.thread.transcript_blocks import DisplayOptions
from bot.text.exports.formats import available
from bot.text.languages import PHRASES
from bot.text.problems import DEPENDS_ON_FILE, sentence

LOOK = DisplayOptions(True, True)
FILE = FileFacts(name="talk.mp3", seconds=70.0)
LONG = "We meet on Friday at ten and sign the contract in Lyon. " * 9

segments = st.lists(
    st.builds(
        Segment,
        text=st.sampled_from(["", "Good morning.", LONG]),
        start=st.just(1.0),
        end=st.just(31.0),
        speaker=st.sampled_from([None, "Speaker 1", "Speaker 2"]),
        language=st.sampled_from([None, "en", "es"]),
        unclear=st.booleans(),
    ).map(lambda each: replace(each, text="") if each.unclear else each),
    max_size=4,
)
transcripts = st.builds(
    Transcript,
    segments=segments.map(tuple),
    language=st.sampled_from([None, "hu"]),
    summary=st.sampled_from([None, "They agree."]),
    title=st.sampled_from([None, "The contract"]),
    provider=st.sampled_from(["local", "xosum"]),
    language_confidence=st.sampled_from([None, 0.2, 0.9]),
)


def job(state: State = State.REPLYING, outcome: Outcome | None = None, problem: Problem | None = None) -> Job:
    origin = Origin("T1", "C1", "1.0", "1.0", "F1", "U1")
    made = Job("k7m2pq9xw4", origin, state, 0.0, 0.0, 0.0, file=FILE, provider="xosum")
    return replace(made, outcome=outcome, problem=problem, submitted_at=0.0)


@given(transcripts, st.sampled_from(sorted(PHRASES)))
def test_a_reply_claims_what_its_transcript_holds_and_nothing_else(transcript: Transcript, locale: str) -> None:
    phrases = PHRASES[locale]
    done = job(outcome=Outcome.TRANSCRIPT)
    answer = reply(done, transcript, LOOK, "mark", 60.0, phrases)
    said = f"{answer.message.text} {answer.message.blocks}"
    found = transcript.finding
    assert (phrases.no_speech in said) is (found is SpeechFinding.SILENCE)
    assert (phrases.speech_unclear in said) is (found is SpeechFinding.UNCLEAR)
    unsure = phrases.language_unsure.format(language=phrases.language("hu"))
    assert (unsure in said) is (found is SpeechFinding.LANGUAGE_UNSURE and transcript.language is not None)
    if transcript.is_empty:
        assert phrases.download not in said
        assert phrases.summary not in said
        return
    assert (f"{phrases.summary}\\n" in said) is (transcript.summary is not None)
    assert (phrases.speakers.format(count=2) in said) is (len(transcript.speakers) == 2)
    assert (phrases.rename in said) is bool(transcript.speakers)
    partly = any(segment.unclear for segment in transcript.segments)
    assert (phrases.unclear_share.partition("}")[2].strip() in said) is partly
    assert phrases.by.format(provider=phrases.service(transcript.provider)) in said
    if f"{done.id}.txt" in said:  # a row of buttons: it offers what can be made
        assert all((f"{done.id}.{each.value}" in said) for each in available(transcript))
        assert (f"{done.id}.srt" in said) is ("srt" in [each.value for each in available(transcript)])


@pytest.mark.parametrize("locale", sorted(PHRASES))
@pytest.mark.parametrize("code", list(ProblemCode))
def test_a_refusal_says_its_own_cause_and_offers_another_try_where_it_can_help(code: ProblemCode, locale: str) -> None:
    phrases, problem = PHRASES[locale], Problem(code, {"provider": "xosum"})
    said = str(reply(job(outcome=Outcome.REFUSED, problem=problem), None, LOOK, "mark", 60.0, phrases).message.blocks)
    others = {sentence(Problem(each, {"provider": "xosum"}), phrases) for each in ProblemCode} - {
        sentence(problem, phrases)
    }
    plain = said.replace("\\'", "'")
    assert sentence(problem, phrases) in plain
    assert not [other for other in others if other in plain and other not in sentence(problem, phrases)]
    assert (phrases.try_again in [label for label in (phrases.try_again,) if f"'{label}'" in said]) is (
        code not in DEPENDS_ON_FILE
    )


def test_who_cancelled_is_named_where_slack_says_it() -> None:
    over = job(outcome=Outcome.CANCELLED)
    assert "Cancelled by Bob" in reply(over, None, LOOK, "m", 60.0, who=Who(cancelled="Bob")).message.text
    assert "Cancelled; nothing" in reply(over, None, LOOK, "m", 60.0).message.text


@pytest.mark.parametrize("locale", sorted(PHRASES))
def test_a_transcript_that_was_deleted_while_it_waited_is_not_said_to_be_a_file_that_is_gone(locale: str) -> None:
    said = reply(job(outcome=Outcome.TRANSCRIPT), None, LOOK, "m", 60.0, PHRASES[locale]).message.text
    assert sentence(Problem(ProblemCode.TRANSCRIPT_GONE), PHRASES[locale]) in said


ENDS = [(Outcome.TRANSCRIPT, found) for found in (None, *SpeechFinding)]
ENDS += [(outcome, None) for outcome in (Outcome.REFUSED, Outcome.CANCELLED, Outcome.DELETED)]


@pytest.mark.parametrize("ends", [*product(ENDS, repeat=1), *product(ENDS, repeat=2)], ids=str)
def test_a_tick_says_that_there_are_words_and_a_warning_that_somebody_must_act(
    ends: tuple[tuple[Outcome, SpeechFinding | None], ...],
) -> None:
    shown = ending([(job(outcome=outcome), found) for outcome, found in ends])
    acts = any(outcome is Outcome.REFUSED or found is SpeechFinding.UNCLEAR for outcome, found in ends)
    words = any(outcome is Outcome.TRANSCRIPT and found is not SpeechFinding.SILENCE for outcome, found in ends)
    assert shown == (FAILED if acts else DONE if words else NONE)


@pytest.mark.parametrize("locale", sorted(PHRASES))
@pytest.mark.parametrize("state", [state for state in State if state not in FINAL])
@pytest.mark.parametrize("ahead", [0, 2])
@pytest.mark.parametrize("progress", [None, 0.42])
@pytest.mark.parametrize("left", [None, 200.0])
def test_a_status_line_says_the_stage_and_only_what_is_known_of_it(
    state: State, ahead: int, progress: float | None, left: float | None, locale: str
) -> None:
    phrases = PHRASES[locale]
    said = stage(replace(job(state), progress=progress, parked_for="xosum"), ahead, left, phrases)
    assert (phrases.transcribing in said) is (state is State.WAITING)
    assert ("42 %" in said) is (progress is not None and state in (State.SUBMITTING, State.WAITING))
    assert ("3 " in said) is (left is not None and state is State.WAITING)
    waits = state is State.RECEIVED or (state is State.SUBMITTING and progress is None)
    assert (phrases.in_line.format(count=2) in said) is (ahead == 2 and waits)


@given(st.dictionaries(st.sampled_from(["done", "failed", "transcribing"]), st.integers(0, 9), min_size=1))
def test_a_line_for_several_files_counts_each_of_them(counts: dict[str, int]) -> None:
    said = batch(counts)
    there = {what: count for what, count in counts.items() if count}
    assert said.startswith(f"{sum(counts.values())} recordings: ")
    if len(there) > 1:
        assert all(f"{count} {what}" in said for what, count in there.items())
    assert [what for what in counts if what in said] == list(there)
