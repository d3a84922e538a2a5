"""The parts of the OpenAI-compatible provider by themselves: addresses, forms, answers, languages, joining, pieces."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import Ambiguous, Misconfigured, ProblemCode, RateLimited, Rejected, StepError, Transient
from bot.domain.transcript import Segment, Word
from bot.http import Answer
from bot.providers.openai.answers import (
    NoResult,
    QuotaExhausted,
    Service,
    is_error,
    may_be_format,
    raise_error,
    read_result,
    words_of,
)
from bot.providers.openai.dialects import (
    DIALECTS,
    DIARIZED,
    JSON,
    VERBOSE,
    dialect_of,
    first_format,
    longest_piece,
    title_of,
    url_of,
)
from bot.providers.openai.form import Upload, write_form
from bot.providers.openai.joining import AnsweredPiece, join
from bot.providers.openai.languages import code_of, language_field
from bot.providers.openai.piece_files import CutLimits, PieceFiles
from bot.providers.whisper_guards import is_made_up
from simulators.openai.form import read_form
from tests.simulators.provider.openai_peers import encoded, tones

SERVICE = Service("openai", "OpenAI", "OPENAI", "This part has 600 s: OPENAI_PIECE_SECONDS makes parts smaller")


def answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> Answer:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Answer(status, headers or {}, raw, "POST api.example.org")


# ---- dialects


@pytest.mark.parametrize(
    ("base", "name", "title"),
    [
        ("https://api.openai.com/v1", "openai", "OpenAI"),
        ("https://clinic.openai.azure.com/openai/deployments/w", "azure", "Azure OpenAI"),
        ("https://api.groq.com/openai/v1", "groq", "Groq"),
        ("http://gpu-box:8000/v1", "generic", "gpu-box"),
        ("https://api.openai.com.evil.example/v1", "generic", "api.openai.com.evil.example"),
        ("https://openai.azure.com.evil.example/v1", "generic", "openai.azure.com.evil.example"),
    ],
)
def test_the_dialect_follows_the_host(base: str, name: str, title: str) -> None:
    dialect = dialect_of(base)
    assert (dialect.name, title_of(dialect, base)) == (name, title)
    assert dialect_of(base, "vllm").name == "vllm"


@pytest.mark.parametrize(
    ("name", "base", "url", "models"),
    [
        ("openai", "https://h/v1", "https://h/v1/audio/transcriptions", "https://h/v1/models"),
        ("generic", "http://h/v1/audio/transcriptions", "http://h/v1/audio/transcriptions", "http://h/v1/models"),
        ("whisper.cpp", "http://h:8080", "http://h:8080/inference", "http://h:8080/models"),
        ("whisper.cpp", "http://h:8080/inference", "http://h:8080/inference", "http://h:8080/models"),
        ("whisper.cpp", "http://h/v1/audio/transcriptions", "http://h/v1/audio/transcriptions", "http://h/v1/models"),
        (
            "azure",
            "https://h/openai/deployments/w?api-version=2025-01-01",
            "https://h/openai/deployments/w/audio/transcriptions?api-version=2025-01-01",
            "https://h/openai/deployments/w/models?api-version=2025-01-01",
        ),
        (
            "azure",
            "https://h/openai/deployments/w",
            "https://h/openai/deployments/w/audio/transcriptions?api-version=2024-10-21",
            "https://h/openai/deployments/w/models?api-version=2024-10-21",
        ),
    ],
)
def test_addresses_follow_the_base_url(name: str, base: str, url: str, models: str) -> None:
    dialect = DIALECTS[name]
    assert url_of(dialect, base, dialect.path) == url
    assert url_of(dialect, base, "/models") == models


@pytest.mark.parametrize(
    ("name", "model", "wanted", "longest"),
    [
        ("openai", "whisper-1", VERBOSE, None),
        ("openai", "gpt-4o-transcribe", JSON, 1500.0),
        ("openai", "gpt-transcribe", JSON, 1500.0),
        ("openai", "gpt-4o-transcribe-diarize", DIARIZED, 1400.0),
        ("azure", "my-deployment", VERBOSE, None),
        ("vllm", "openai/whisper-large-v3", VERBOSE, 600.0),
        ("speaches", "Systran/faster-whisper-small", VERBOSE, None),
        ("generic", "gpt-4o-transcribe", VERBOSE, None),
    ],
)
def test_format_and_longest_piece_follow_the_model(name: str, model: str, wanted: str, longest: float | None) -> None:
    assert first_format(DIALECTS[name], model) == wanted
    assert longest_piece(DIALECTS[name], model) == longest


# ---- the form


@given(
    st.lists(st.tuples(st.sampled_from(["model", "prompt", "timestamp_granularities[]"]), st.text()), max_size=5),
    st.binary(max_size=2000),
)
def test_a_strict_reader_reads_what_was_written(fields: list[tuple[str, str]], content: bytes) -> None:
    content_type, body = write_form(fields, Upload("piece-1.flac", "audio/flac", content))
    form = read_form(content_type, body)
    assert form.file is not None
    assert (form.file.name, form.file.content_type, form.file.content) == ("piece-1.flac", "audio/flac", content)
    sent: dict[str, list[str]] = {}
    for name, value in fields:
        sent.setdefault(name, []).append(value.encode("utf-8", "replace").decode())
    assert form.fields == sent


# ---- judging answers


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "No such\n model", "type": "x"}}, "No such model"),
        ({"error": "plain"}, "plain"),
        ({"detail": "Model 'x' is not installed locally"}, "Model 'x' is not installed locally"),
        ({"detail": [{"loc": ["body", "file"], "msg": "Field required"}]}, "Field required"),
        ({"detail": {"error": {"message": "unknown model: y"}}}, "unknown model: y"),
        ({"object": "error", "message": "Invalid or unsupported audio file."}, "Invalid or unsupported audio file."),
        ("Internal Server Error", "Internal Server Error"),
        ("<html><h1>413", "a web page instead of an answer (status 500)"),
        ("", "status 500"),
        ({}, "status 500"),
        ([1], "[1]"),
    ],
)
def test_the_servers_words_are_found_in_every_shape(body: object, words: str) -> None:
    assert words_of(answer(500, body)) == words


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"error": {"message": "Invalid audio"}}, Rejected),
        (200, {"detail": "no"}, Rejected),
        (200, "<!doctype html>", Misconfigured),
        (200, "just words", NoResult),
        (302, "", Misconfigured),
        (400, {"error": {"message": "too long"}}, Rejected),
        (401, {"error": {"message": "Incorrect API key provided: sk-abc"}}, Misconfigured),
        (403, {}, Misconfigured),
        (404, {"detail": "Model 'x' is not installed locally"}, Misconfigured),
        (413, "<html>413", Rejected),
        (422, {"detail": "bad"}, Rejected),
        (429, {"error": {"code": "rate_limit_exceeded", "type": "requests"}}, RateLimited),
        (429, {"error": {"code": "insufficient_quota"}}, QuotaExhausted),
        (429, {"error": {"type": "insufficient_quota", "code": None}}, QuotaExhausted),
        (429, "<html>", RateLimited),
        (500, {"error": {"message": "CUDA out of memory"}}, NoResult),
        (502, "<html>", Transient),
        (503, {"error": {"message": "loading"}}, Transient),
        (504, "<html>", Ambiguous),
    ],
)
def test_each_failure_is_classified_by_status_and_body(status: int, body: object, kind: type[StepError]) -> None:
    found = answer(status, body)
    assert is_error(found)
    with pytest.raises(kind) as caught:
        raise_error(found, SERVICE, 0.0)
    assert caught.type is kind or issubclass(caught.type, kind)
    assert "sk-abc" not in str(caught.value)
    if isinstance(caught.value, Misconfigured):
        assert caught.value.account == "openai"
        assert "OPENAI" in caught.value.detail or "billing" in caught.value.detail


def test_a_refusal_says_what_the_server_said_and_which_setting_helps() -> None:
    with pytest.raises(Rejected) as caught:
        raise_error(answer(413, {"error": {"message": "Maximum content size limit exceeded."}}), SERVICE, 0.0)
    problem = caught.value.problem
    assert problem.code is ProblemCode.PROVIDER_REFUSED
    assert problem.params["provider"] == "OpenAI"
    assert problem.params["detail"].startswith("Maximum content size limit exceeded. This part has 600 s")
    assert "OPENAI_PIECE_SECONDS" in problem.params["detail"]


@pytest.mark.parametrize(
    ("given_header", "wait"), [("7", 7.0), ("Thu, 01 Jan 1970 00:01:00 GMT", 60.0), (None, 20.0), ("soon", 20.0)]
)
def test_retry_after_is_read_in_both_forms(given_header: str | None, wait: float) -> None:
    headers = {} if given_header is None else {"retry-after": given_header}
    with pytest.raises(RateLimited) as caught:
        raise_error(answer(429, {}, headers), SERVICE, 0.0)
    assert caught.value.retry_after == wait


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"error": {"message": "response_format 'verbose_json' is not compatible with model"}}, True),
        (422, {"detail": "x"}, True),
        (200, {"error": "x"}, True),
        (400, "<html>", False),
        (413, {}, False),
        (429, {}, False),
        (500, {}, False),
    ],
)
def test_only_some_refusals_can_be_about_the_format(status: int, body: object, expected: bool) -> None:
    assert may_be_format(answer(status, body)) is expected


# ---- reading answers


def test_a_whole_verbose_answer_is_read() -> None:
    body = {
        "text": "Hello there. Bye.",
        "language": "english",
        "duration": "3.5",
        "segments": [
            {"start": 0, "end": 1.5, "text": " Hello there.", "avg_logprob": -0.2},
            {"start": "2.0", "end": "3.0", "text": " Bye."},
        ],
        "words": [
            {"word": "Hello", "start": 0.0, "end": 0.5},
            {"word": "there.", "start": 0.5, "end": 1.5},
            {"word": "Bye.", "start": 2.0, "end": 3.0},
        ],
    }
    found = read_result(body, 3.5)
    assert found.language == "english"
    assert found.segments == (
        Segment("Hello there.", 0.0, 1.5, None, (Word("Hello", 0.0, 0.5), Word("there.", 0.5, 1.5))),
        Segment("Bye.", 2.0, 3.0, None, (Word("Bye.", 2.0, 3.0),)),
    )


@pytest.mark.parametrize(
    ("body", "segments"),
    [
        ({"text": ""}, ()),
        ({"text": " words "}, (Segment("words"),)),
        ({"text": "words", "segments": []}, (Segment("words"),)),
        ({"text": "words", "segments": None}, (Segment("words"),)),
        ({"text": "words", "segments": [{"id": 0}]}, (Segment("words"),)),
        ({"segments": [{"text": "no times"}]}, (Segment("no times"),)),
        ({"segments": [{"text": "a", "start": 1.0}]}, (Segment("a", 1.0, 10.0),)),
        (
            {"segments": [{"text": "a", "start": 1.0}, {"text": "b", "start": 4.0, "end": 99.0}]},
            (Segment("a", 1.0, 4.0), Segment("b", 4.0, 10.0)),
        ),
        ({"segments": [{"text": "a", "start": -3, "end": -1}]}, (Segment("a", 0.0, 0.0),)),
        ({"segments": [{"text": "a", "start": 1, "end": 2, "speaker": "B"}]}, (Segment("a", 1.0, 2.0, "B"),)),
        (
            {"text": "", "words": [{"word": "a", "start": 1, "end": 2}, {"word": "b", "start": 2, "end": 3}]},
            (Segment("a b", 1.0, 3.0, None, (Word("a", 1.0, 2.0), Word("b", 2.0, 3.0))),),
        ),
    ],
)
def test_any_field_may_be_missing(body: Mapping[str, object], segments: tuple[Segment, ...]) -> None:
    assert read_result(body, 10.0).segments == segments


def test_what_the_model_doubts_itself_is_dropped() -> None:
    body = {
        "text": "Hello. Subtitles by the community",
        "segments": [
            {"start": 0, "end": 1, "text": "Hello.", "avg_logprob": -0.2, "no_speech_prob": 0.9},
            {"start": 1, "end": 2, "text": "Subtitles", "avg_logprob": -1.4, "no_speech_prob": 0.9},
            {"start": 2, "end": 3, "text": "you you you", "avg_logprob": -0.9, "compression_ratio": 6.0},
        ],
    }
    assert [one.text for one in read_result(body, 3.0).segments] == ["Hello."]
    all_made_up = {"text": "Subtitles", "segments": body["segments"][1:]}
    assert read_result(all_made_up, 3.0).segments == ()


def test_a_doubtful_echo_of_the_vocabulary_is_dropped() -> None:
    def said(text: str, logprob: float) -> Mapping[str, object]:
        return {"text": text, "segments": [{"start": 0, "end": 1, "text": text, "avg_logprob": logprob}]}

    words = ["amoxicillin", "Dr. Hakobyan"]
    assert read_result(said("Amoxicillin, Dr Hakobyan.", -0.6), 1.0, words).segments == ()
    assert read_result(said("Amoxicillin.", -0.3), 1.0, words).segments != ()
    assert read_result(said("Take amoxicillin.", -0.6), 1.0, words).segments != ()


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=True) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["text", "segments", "words", "start", "end", "word", "speaker"]), inner)
        ),
        max_leaves=12,
    )
)
def test_no_answer_is_too_odd_to_be_read_and_times_stay_within_the_piece(body: object) -> None:
    fields = body if isinstance(body, dict) else {"segments": body, "text": "x"}
    for segment in read_result(fields, 10.0).segments:
        if segment.start is not None and segment.end is not None:
            assert 0 <= segment.start <= segment.end <= 10.0
        for word in segment.words:
            assert 0 <= word.start <= word.end <= 10.0


@given(st.none() | st.floats(-5, 0), st.none() | st.floats(0, 1), st.none() | st.floats(0, 10))
def test_missing_marks_never_condemn(logprob: float | None, silence: float | None, ratio: float | None) -> None:
    assert not is_made_up(None, silence, ratio)
    if logprob is not None and logprob >= -0.7:
        assert not is_made_up(logprob, silence, ratio)


# ---- languages


@pytest.mark.parametrize(
    ("written", "code"),
    [("es", "es"), ("spanish", "es"), ("Spanish", "es"), ("castilian", "es"), ("hy", "hy"), ("Klingon", ""), ("", "")],
)
def test_languages_are_codes_or_names(written: str, code: str) -> None:
    assert code_of(written) == code


def test_a_request_names_the_language_as_the_server_takes_it() -> None:
    openai, speaches = DIALECTS["openai"], DIALECTS["speaches"]
    assert language_field("es-MX", openai) == "es"
    assert language_field("jv", openai) == "jv"
    assert language_field("yue", openai) == ""
    assert language_field("yue", speaches) == "yue"
    assert language_field("tlh", speaches) == ""


# ---- joining


def piece(number: int, start: float, *segments: Segment, language: str | None = "en") -> AnsweredPiece:
    return AnsweredPiece(number, start, 10.0, segments, language)


def test_times_are_moved_to_where_each_piece_was() -> None:
    word = Word("b", 1.0, 2.0)
    whole = join(
        [piece(0, 0.0, Segment("a", 1.0, 2.0)), piece(1, 10.0, Segment("b", 1.0, 2.0, None, (word,)))], "openai"
    )
    assert whole.segments == (
        Segment("a", 1.0, 2.0),
        Segment("b", 11.0, 12.0, None, (Word("b", 11.0, 12.0),)),
    )
    assert (whole.seconds, whole.provider, whole.language) == (20.0, "openai", "en")


def test_the_language_is_that_of_most_pieces_in_which_something_was_said() -> None:
    said = Segment("a")
    pieces = [piece(0, 0.0, language="ru"), piece(1, 10.0, said, language="hy"), piece(2, 20.0, said, language="hy")]
    assert join([*pieces, piece(3, 30.0, said, language="en")], "openai").language == "hy"
    assert join([piece(0, 0.0)], "openai").language is None


def test_speakers_of_different_pieces_are_never_taken_for_one() -> None:
    one, two = Segment("a", speaker="A"), Segment("b", speaker="B")
    assert [s.speaker for s in join([piece(0, 0.0, one, two)], "openai").segments] == ["Speaker A", "Speaker B"]
    both = join([piece(0, 0.0, one), piece(1, 10.0, one, Segment("c", speaker="Speaker A"))], "openai")
    assert [s.speaker for s in both.segments] == ["Speaker A", "part 2, A", "Speaker A"]


# ---- pieces on disk


async def nothing(_: float) -> None:
    pass


async def test_a_recording_is_cut_into_files_all_or_nothing(tmp_path: Path) -> None:
    source = tmp_path / "source.flac"
    source.write_bytes(encoded(tones(150.0, [(440, 0.0, 40.0), (700, 45.0, 150.0)])))
    files = PieceFiles(tmp_path / "pieces", "flac")
    limits = CutLimits("flac", 60.0, 10.0)
    pieces = await files.cut("job1", source, limits, 150.0, nothing)
    assert [one.number for one in pieces] == list(range(len(pieces)))
    assert sum(one.seconds for one in pieces) == pytest.approx(150.0)
    assert 40.0 <= pieces[1].start <= 45.0  # in the pause
    again = await files.cut("job1", source, limits, 150.0, nothing)
    assert again == pieces
    assert (tmp_path / "pieces" / "job1").stat().st_mode & 0o777 == 0o700
    assert files.kept() == ["job1"]
    files.drop("job1", 0)
    assert files.read("job1", 0) is None
    assert files.read("job1", 1) is not None
    (tmp_path / "pieces" / ".job2-abc").mkdir()
    assert files.sweep(["job1"]) == 1
    assert files.sweep([]) == 1
    assert files.kept() == []


async def test_what_cannot_be_decoded_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "source.flac"
    source.write_bytes(b"fLaC" + bytes(2000))
    files = PieceFiles(tmp_path / "pieces", "flac")
    with pytest.raises(Rejected):
        await files.cut("job1", source, CutLimits("flac", 60.0, 10.0), None, nothing)
    assert list((tmp_path / "pieces").iterdir()) == []


async def test_recordings_of_speakers_are_cut_from_the_first_piece(tmp_path: Path) -> None:
    source = tmp_path / "source.flac"
    source.write_bytes(encoded(tones(20.0, [(440, 0.0, 10.0)])))
    files = PieceFiles(tmp_path / "pieces", "flac")
    await files.cut("job1", source, CutLimits("flac", 60.0, 10.0), None, nothing)
    assert files.references("job1") is None
    made = await files.make_references("job1", {"Speaker A": (1.0, 5.0)})
    assert list(made) == ["Speaker A"]
    assert made["Speaker A"].startswith("data:audio/wav;base64,")
    assert files.references("job1") == made
