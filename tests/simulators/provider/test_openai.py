"""The OpenAI-compatible servers simulated, spoken to by plain httpx: each dialect, rule and fault."""

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from simulators.openai import OpenAISettings, OpenAISimulator
from simulators.openai.dialects import DIALECTS, DialectName
from simulators.provider.faults import Fault
from simulators.provider.results import mark_of
from tests.simulators.provider.openai_peers import Client, encoded, tones
from tests.simulators.provider.peers import MovableClock, until

SECOND = encoded(tones(1.0, [(440, 0.2, 0.8)]))
Fields = dict[str, str | list[str]]

WORDS: Fields = {"response_format": "verbose_json", "timestamp_granularities[]": ["segment", "word"]}
NAMES: list[DialectName] = list(DIALECTS)


@asynccontextmanager
async def serving(dialect: DialectName = "openai", **settings: object) -> AsyncIterator[Client]:
    known = OpenAISettings.model_validate({"dialect": dialect, **settings})
    async with OpenAISimulator(known, now=MovableClock()) as server, httpx.AsyncClient() as http:
        yield Client(server, http)


def kinds(client: Client) -> list[str]:
    return [violation.kind for violation in client.server.ledger.violations]


def file_for(dialect: DialectName, seconds: float = 1.0) -> tuple[bytes, str]:
    container = "wav" if dialect == "whisper.cpp" else "flac"
    return encoded(tones(seconds, [(440, 0.2, 0.8)]), container), f"audio.{container}"


def slow(seconds: float) -> bytes:
    return encoded(tones(seconds, rate=8000), rate=8000)


def moved(client: Client, seconds: float) -> None:
    client.server.clock.advance(seconds)


# ---- the way it should go, in every dialect


@pytest.mark.parametrize("dialect", NAMES)
async def test_a_recording_is_answered_with_its_words_and_billed_once(dialect: DialectName) -> None:
    content, name = file_for(dialect, 2.0)
    async with serving(dialect) as client:
        answer = await client.send(content, name)
        assert answer.status_code == 200
        sha256 = client.server.billed[0].sha256
        assert mark_of(sha256) in answer.json()["text"]
        assert client.server.violations == []
        seconds = 10.0 if dialect == "groq" else 2.0
        assert [entry.seconds for entry in client.server.billed] == [pytest.approx(seconds, abs=0.1)]


@pytest.mark.parametrize(
    ("dialect", "language", "duration"),
    [
        ("openai", "armenian", 2.0),
        ("azure", "armenian", 2.0),
        ("groq", "Armenian", 2.0),
        ("vllm", "hy", "2.0"),
        ("speaches", "hy", 2.0),
        ("whisper.cpp", "armenian", 2.0),
        ("generic", "hy", 2.0),
    ],
)
async def test_verbose_json_has_the_dialects_language_and_duration(
    dialect: DialectName, language: str, duration: float | str
) -> None:
    content, name = file_for(dialect, 2.0)
    fields: Fields = {"response_format": "verbose_json"}
    if dialect == "whisper.cpp":
        fields["language"] = "auto"
    async with serving(dialect, language="hy") as client:
        found = (await client.send(content, name, fields)).json()
        assert (found["language"], found["duration"]) == (language, duration)
        assert found["segments"][0]["text"].startswith(" Բարև")
        assert found["segments"][-1]["end"] == pytest.approx(2.0, abs=0.1)
        assert client.server.violations == []


async def test_words_come_only_when_asked_and_segments_unless_only_words_are() -> None:
    async with serving() as client:
        neither = (await client.send(SECOND, fields={"response_format": "verbose_json"})).json()
        both = (await client.send(SECOND, fields=WORDS)).json()
        only: Fields = {"response_format": "verbose_json", "timestamp_granularities[]": "word"}
        words = (await client.send(SECOND, fields=only)).json()
        assert "words" not in neither
        assert [len(both["segments"]) > 0, len(both["words"]) > 0] == [True, True]
        assert "segments" not in words


@pytest.mark.parametrize("form", ["text", "srt", "vtt"])
async def test_the_plain_formats_are_text(form: str) -> None:
    async with serving() as client:
        answer = await client.send(SECOND, fields={"response_format": form})
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert "Good morning" in answer.text
        assert ("-->" in answer.text) == (form != "text")


async def test_tones_are_heard_where_they_are_and_one_pitch_is_one_speaker() -> None:
    sounds = [(440, 0.5, 1.5), (700, 2.0, 3.0), (440, 4.0, 4.5)]
    content = encoded(tones(5.0, sounds))
    async with serving(model="gpt-4o-transcribe-diarize", hears="tones") as client:
        found = (await client.send(content, fields={"response_format": "diarized_json"})).json()
        heard = [(one["text"].strip(), one["speaker"]) for one in found["segments"]]
        assert heard == [("tone 440", "A"), ("tone 700", "B"), ("tone 440", "A")]
        for segment, (_, start, end) in zip(found["segments"], sounds, strict=True):
            assert (segment["start"], segment["end"]) == (pytest.approx(start, abs=0.05), pytest.approx(end, abs=0.05))


async def test_silence_has_no_tones() -> None:
    async with serving(hears="tones") as client:
        found = (await client.send(encoded(tones(2.0)), fields={"response_format": "verbose_json"})).json()
        assert (found["text"], found["segments"]) == ("", [])


async def test_the_words_of_a_content_can_be_set() -> None:
    async with serving() as client:
        await client.send(SECOND)
        result = {"segments": [{"text": "Quite other words", "start": 0.1, "end": 0.9}]}
        body = {"sha256": client.server.billed[0].sha256, "result": result}
        await client.http.post(f"{client.server.url}/control/results", json=body)
        assert (await client.send(SECOND)).json()["text"] == "Quite other words"


# ---- credentials and addresses


@pytest.mark.parametrize("dialect", NAMES)
async def test_a_wrong_credential_is_refused_and_costs_nothing(dialect: DialectName) -> None:
    content, name = file_for(dialect)
    async with serving(dialect) as client:
        wrong = {"api-key": "wrong"} if dialect == "azure" else {"Authorization": "Bearer wrong"}
        assert (await client.send(content, name, headers=wrong)).status_code == 401
        assert (await client.send(content, name, headers={})).status_code == 401
        assert client.server.billed == []


async def test_a_local_server_wants_no_credential_at_all() -> None:
    async with serving("speaches", api_key="") as client:
        assert (await client.send(SECOND)).status_code == 200
        refused = await client.send(SECOND, headers={"Authorization": "Bearer x"})
        assert (refused.status_code, kinds(client)) == (401, ["needless-credential"])


async def test_azure_wants_its_own_header_and_its_version() -> None:
    async with serving("azure") as client:
        bearer = await client.send(SECOND, headers={"Authorization": f"Bearer {client.server.settings.api_key}"})
        assert bearer.status_code == 401
        url = f"{client.base}/audio/transcriptions"
        files = {"file": ("a.flac", SECOND, "audio/flac")}
        assert (await client.http.post(url, files=files, headers=client.headers)).status_code == 404
        assert "/openai/deployments/whisper-1" in client.base
        assert kinds(client) == ["missing-api-key", "bad-api-version"]


async def test_whisper_cpp_answers_at_inference_unless_started_otherwise() -> None:
    content, name = file_for("whisper.cpp")
    async with serving("whisper.cpp") as client:
        assert (await client.send(content, name)).status_code == 200
        assert (await client.send(content, name, path="/v1/audio/transcriptions")).status_code == 404
    async with serving("whisper.cpp", long_path=True) as client:
        assert (await client.send(content, name, path="/v1/audio/transcriptions")).status_code == 200


@pytest.mark.parametrize("dialect", NAMES)
async def test_models_are_listed_where_the_server_has_such_a_list(dialect: DialectName) -> None:
    async with serving(dialect) as client:
        answer = await client.models()
        if dialect in ("azure", "whisper.cpp"):
            assert answer.status_code == 404
        else:
            assert [one["id"] for one in answer.json()["data"]] == ["whisper-1"]
        assert client.server.billed == []


# ---- the form


@pytest.mark.parametrize(
    ("name", "mime", "kind"),
    [
        ("audio", "audio/flac", "wrong-extension"),
        ("audio.bin", "audio/flac", "wrong-extension"),
        ("audio.flac", "application/octet-stream", "wrong-type"),
        ("audio.wav", "audio/wav", "wrong-container"),
    ],
)
async def test_the_file_needs_a_fitting_name_and_type(name: str, mime: str, kind: str) -> None:
    async with serving() as client:
        assert (await client.send(SECOND, name, mime=mime)).status_code == 400
        assert (kinds(client), client.server.billed) == ([kind], [])


async def test_a_file_without_a_name_is_a_field_and_no_file() -> None:
    async with serving() as client:
        data = {"model": "whisper-1", "file": "bytes"}
        url = f"{client.base}/audio/transcriptions"
        answer = await client.http.post(url, data=data, files={"x": ("x.flac", b"1")}, headers=client.headers)
        assert (answer.status_code, kinds(client)) == (400, ["no-file-name"])


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"timestamp_granularities": "word", "response_format": "verbose_json"}, "no-brackets"),
        ({"timestamp_granularities[]": "word"}, "granularities-without-verbose"),
        ({"language": "english"}, "bad-language"),
        ({"language": "en-US"}, "bad-language"),
        ({"language": "auto"}, "bad-language"),
        ({"language": ["en", "es"]}, "repeated-field"),
        ({"temperature": "hot"}, "bad-temperature"),
        ({"hotwords": "amoxicillin"}, "unknown-field"),
        ({"model": ""}, "no-model"),
        ({"response_format": "xml"}, "bad-format"),
        ({"known_speaker_names[]": "Ann"}, "speakers-to-other-model"),
    ],
)
async def test_a_careless_form_is_refused(fields: Fields, kind: str) -> None:
    async with serving() as client:
        assert (await client.send(SECOND, fields=fields)).status_code == 400
        assert (kinds(client), client.server.billed) == ([kind], [])


async def test_hotwords_are_a_field_of_speaches_only() -> None:
    async with serving("speaches") as client:
        assert (await client.send(SECOND, fields={"hotwords": "amoxicillin"})).status_code == 200
        assert kinds(client) == []


async def test_what_is_no_form_is_refused() -> None:
    async with serving() as client:
        url, headers = f"{client.base}/audio/transcriptions", client.headers
        assert (await client.http.post(url, json={}, headers=headers)).status_code == 400
        broken = {**headers, "Content-Type": "multipart/form-data; boundary=x"}
        assert (await client.http.post(url, content=b"--y\r\n", headers=broken)).status_code == 400
        assert kinds(client) == ["not-multipart", "bad-multipart"]


# ---- formats and models


@pytest.mark.parametrize(
    ("model", "form", "status"),
    [
        ("whisper-1", "verbose_json", 200),
        ("whisper-1", "diarized_json", 400),
        ("gpt-4o-transcribe", "json", 200),
        ("gpt-4o-mini-transcribe", "verbose_json", 400),
        ("gpt-transcribe", "verbose_json", 400),
        ("gpt-4o-transcribe-diarize", "verbose_json", 400),
        ("gpt-4o-transcribe-diarize", "diarized_json", 200),
    ],
)
async def test_a_format_must_fit_the_model(model: str, form: str, status: int) -> None:
    async with serving(model=model) as client:
        answer = await client.send(SECOND, fields={"response_format": form})
        assert answer.status_code == status
        if status == 400:
            assert answer.json()["error"]["code"] == "unsupported_value"
            assert kinds(client) == []  # a client may find out by trying


@pytest.mark.parametrize(("verbose", "status"), [("json", 200), ("refuse", 400)])
async def test_a_generic_server_may_not_know_times(verbose: str, status: int) -> None:
    async with serving("generic", verbose=verbose) as client:
        answer = await client.send(SECOND, fields={"response_format": "verbose_json"})
        assert answer.status_code == status
        assert "segments" not in answer.json()


async def test_the_diarizing_model_has_rules_of_its_own() -> None:
    long = encoded(tones(31.0))
    async with serving(model="gpt-4o-transcribe-diarize") as client:
        assert (await client.send(long)).status_code == 400
        assert (await client.send(long, fields={"chunking_strategy": "auto"})).status_code == 200
        assert (await client.send(SECOND, fields={"prompt": "words"})).status_code == 400
        assert kinds(client) == ["no-chunking-strategy", "prompt-to-diarize"]


async def test_known_speakers_are_recognised_by_their_references() -> None:
    content = encoded(tones(5.0, [(440, 0.5, 1.5), (700, 2.0, 3.0)]))

    def reference(pitch: float, seconds: float = 3.0) -> str:
        sample = encoded(tones(seconds, [(pitch, 0.0, seconds)]), "wav")
        return f"data:audio/wav;base64,{base64.b64encode(sample).decode()}"

    async with serving(model="gpt-4o-transcribe-diarize", hears="tones") as client:
        fields: Fields = {
            "response_format": "diarized_json",
            "known_speaker_names[]": ["Ann"],
            "known_speaker_references[]": [reference(700)],
        }
        found = (await client.send(content, fields=fields)).json()
        assert [one["speaker"] for one in found["segments"]] == ["A", "Ann"]
        for bad in ([reference(700, 1.0)], ["https://example.org/a.wav"], [reference(700), reference(440)]):
            fields["known_speaker_references[]"] = bad
            assert (await client.send(content, fields=fields)).status_code == 400
        assert kinds(client) == ["bad-reference", "bad-reference", "bad-known-speakers"]


async def test_an_unknown_model_is_named() -> None:
    async with serving(allowed_models=("whisper-1",)) as client:
        answer = await client.send(SECOND, fields={"model": "whisper-2"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


async def test_whisper_cpp_takes_english_for_granted() -> None:
    content, name = file_for("whisper.cpp")
    async with serving("whisper.cpp", language="hy") as client:
        english = (await client.send(content, name)).json()["text"]
        detected = (await client.send(content, name, {"language": "auto"})).json()["text"]
        assert english.startswith("Good morning")
        assert detected.startswith("Բարև")


# ---- limits of the audio


async def test_the_length_is_measured_and_not_believed() -> None:
    for container, codec in (("flac", ""), ("ogg", ""), ("wav", ""), ("mp3", ""), ("webm", ""), ("m4a", "")):
        async with serving("generic") as client:
            answer = await client.send(encoded(tones(3.0, [(440, 0, 3)]), container, codec), f"audio.{container}")
            assert answer.status_code == 200, container
            assert client.server.billed[0].seconds == pytest.approx(3.0, abs=0.15), container


@pytest.mark.parametrize(
    ("dialect", "model", "longest"),
    [
        ("vllm", "whisper", 600),
        ("openai", "gpt-4o-transcribe", 1500),
        ("openai", "gpt-4o-transcribe-diarize", 1400),
        ("azure", "gpt-4o-mini-transcribe", 1500),
    ],
)
async def test_a_recording_above_the_longest_is_refused(dialect: DialectName, model: str, longest: int) -> None:
    fields: Fields = {"chunking_strategy": "auto"} if "diarize" in model else {}
    async with serving(dialect, model=model) as client:
        assert (await client.send(slow(longest - 1), fields=fields)).status_code == 200
        answer = await client.send(slow(longest + 1), fields=fields)
        assert (answer.status_code, kinds(client)) == (400, ["too-long"])
        assert str(longest) in answer.text
        assert len(client.server.billed) == 1


@pytest.mark.parametrize(("dialect", "status"), [("openai", 413), ("azure", 413), ("groq", 413), ("vllm", 400)])
async def test_a_file_above_25_mb_is_refused(dialect: DialectName, status: int) -> None:
    content = encoded(tones(1.0), "wav") + bytes(25_000_000)
    async with serving(dialect) as client:
        answer = await client.send(content, "audio.wav")
        assert (answer.status_code, kinds(client), client.server.billed) == (status, ["too-large"], [])


async def test_a_lower_limit_of_the_server_is_no_fault_of_the_client() -> None:
    async with serving("speaches", max_bytes=1000) as client:
        answer = await client.send(encoded(tones(1.0), "wav"), "audio.wav")
        assert (answer.status_code, kinds(client)) == (413, [])
        assert "1000" in answer.json()["detail"]
    async with serving("generic", max_seconds=2.0) as client:
        assert (await client.send(encoded(tones(3.0)))).status_code == 400
        assert kinds(client) == []


async def test_a_moment_of_audio_is_too_short() -> None:
    async with serving() as client:
        answer = await client.send(encoded(tones(0.05)))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "audio_too_short")


async def test_raw_opus_is_refused_by_openai_and_vorbis_is_not() -> None:
    sound = tones(1.0, [(440, 0, 1)])
    async with serving() as client:
        opus = await client.send(encoded(sound, "ogg", "libopus"), "audio.ogg")
        vorbis = await client.send(encoded(sound, "ogg"), "audio.ogg")
        assert (opus.status_code, vorbis.status_code, kinds(client)) == (400, 200, ["raw-opus"])
    async with serving("speaches") as client:
        assert (await client.send(encoded(sound, "ogg", "libopus"), "audio.ogg")).status_code == 200


async def test_vllm_answers_an_mp3_with_200_and_an_error() -> None:
    async with serving("vllm") as client:
        answer = await client.send(encoded(tones(1.0), "mp3"), "audio.mp3")
        assert answer.status_code == 200
        assert "text" not in answer.json()
        assert answer.json()["error"]["message"]
        assert (kinds(client), client.server.billed) == (["mp3-to-vllm"], [])


async def test_whisper_cpp_takes_wav_of_16_khz_only_and_errs_with_200() -> None:
    async with serving("whisper.cpp") as client:
        answers = [
            await client.send(SECOND),
            await client.send(encoded(tones(1.0, rate=8000), "wav", rate=8000), "audio.wav"),
        ]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert all(set(answer.json()) == {"error"} for answer in answers)
        assert kinds(client) == ["wrong-extension", "wrong-rate"]


async def test_bytes_that_are_no_audio_are_refused() -> None:
    async with serving() as client:
        answer = await client.send(b"fLaC" + bytes(4000))
        assert (answer.status_code, client.server.billed) == (400, [])


# ---- limits of the account


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_too_much_audio_in_an_hour_is_refused_with_both_forms_of_retry_after(form: str) -> None:
    async with serving("groq", audio_seconds_per_hour=25.0, retry_form=form) as client:
        for _ in range(2):
            assert (await client.send(SECOND)).status_code == 200  # 10 s each: the least that is billed
        moved(client, 600)
        content = encoded(tones(9.0))
        refused = await client.send(content)
        assert refused.status_code == 429
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        given = refused.headers["Retry-After"]
        now = client.server.clock.now()
        wait = float(given) if form == "seconds" else parsedate_to_datetime(given).timestamp() - now
        assert wait == pytest.approx(3000, abs=2)
        moved(client, 3001)
        assert (await client.send(content)).status_code == 200
        assert kinds(client) == []


async def test_too_many_requests_in_a_minute_are_refused() -> None:
    async with serving(rate_limit=2) as client:
        statuses = [(await client.send(SECOND)).status_code for _ in range(3)]
        assert (statuses, kinds(client)) == ([200, 200, 429], ["rate-limit"])
        moved(client, 60)
        assert (await client.send(SECOND)).status_code == 200


async def test_a_quota_ends_and_says_so() -> None:
    async with serving(quota_seconds=1.5) as client:
        assert (await client.send(SECOND)).status_code == 200
        answer = await client.send(SECOND)
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "insufficient_quota")
        assert "Retry-After" not in answer.headers


async def test_the_first_call_of_a_model_downloads_it_or_is_refused() -> None:
    async with serving("speaches", installed_models=("other",), download_seconds=0.01) as client:
        assert [one["id"] for one in (await client.models()).json()["data"]] == ["other"]
        assert (await client.send(SECOND)).status_code == 200
    async with serving("speaches", installed_models=("other",), absent_model="refuse") as client:
        answer = await client.send(SECOND)
        assert (answer.status_code, client.server.billed) == (404, [])
        assert "not installed" in answer.json()["detail"]


# ---- faults


async def test_a_cut_after_the_work_is_billed_and_one_before_is_not() -> None:
    async with serving() as client:
        for kind, billed in (("cut_before", 0), ("cut_upload", 0), ("cut_after", 1)):
            client.server.faults.add(Fault(kind=kind))
            with pytest.raises(httpx.RemoteProtocolError):
                await client.send(SECOND)
            assert len(client.server.billed) == billed, kind


@pytest.mark.parametrize("dialect", NAMES)
async def test_refusals_have_the_dialects_shape(dialect: DialectName) -> None:
    content, name = file_for(dialect)
    async with serving(dialect) as client:
        client.server.fault("server_error", "transcribe", status=500, text="CUDA out of memory")
        answer = await client.send(content, name)
        assert answer.status_code == 500
        body = answer.json()
        words = {"speaches": body.get("detail"), "whisper.cpp": body.get("error")}.get(dialect)
        assert (words or body["error"]["message"]) == "CUDA out of memory"


async def test_a_200_can_be_an_error_a_page_or_bare_words() -> None:
    async with serving() as client:
        client.server.fault("error_body", "transcribe")
        answer = await client.send(SECOND)
        assert (answer.status_code, set(answer.json())) == (200, {"error"})
        client.server.fault("html", "transcribe")
        page = await client.send(SECOND)
        assert (page.status_code, page.headers["Content-Type"][:9]) == (200, "text/html")
        client.server.fault("plain_text", "transcribe")
        bare = await client.send(SECOND)
        assert (bare.status_code, bare.headers["Content-Type"][:10]) == (200, "text/plain")
        client.server.fault("page_too_large", "transcribe")
        large = await client.send(SECOND)
        assert (large.status_code, large.headers["Content-Type"][:9]) == (413, "text/html")


@pytest.mark.parametrize(
    ("kind", "look"),
    [
        ("duration_text", lambda body: body["duration"] == "1.0"),
        ("no_segments", lambda body: "segments" not in body and body["text"]),
        ("missing_fields", lambda body: "language" not in body and "end" not in body["segments"][-1]),
        ("no_text", lambda body: "text" not in body),
        ("invented", lambda body: body["segments"][-1]["no_speech_prob"] > 0.9),
        ("looped", lambda body: body["segments"][-1]["compression_ratio"] > 5),
    ],
)
async def test_the_shape_of_an_answer_can_be_odd(kind: str, look: Callable[[dict[str, Any]], bool]) -> None:
    async with serving() as client:
        client.server.faults.add(Fault.model_validate({"kind": kind, "operation": "transcribe"}))
        odd = (await client.send(SECOND, fields={"response_format": "verbose_json"})).json()
        usual = (await client.send(SECOND, fields={"response_format": "verbose_json"})).json()
        assert look(odd)
        assert not look(usual)


async def test_an_answer_takes_its_time_and_a_client_that_leaves_is_billed_all_the_same() -> None:
    async with serving(job_seconds=5.0) as client:
        sending = asyncio.create_task(client.send(SECOND))
        await until(lambda: len(client.server.billed) == 1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert len(client.server.billed) == 1


async def test_429_faults_come_with_each_form_of_retry_after() -> None:
    async with serving() as client:
        for form, present in (("seconds", True), ("date", True), ("missing", False)):
            client.server.fault("audio_seconds", "transcribe", retry_after=form, seconds=7)
            answer = await client.send(SECOND)
            assert (answer.status_code, "Retry-After" in answer.headers) == (429, present)


async def test_it_runs_as_a_program_and_says_how_to_reach_it() -> None:
    command = (sys.executable, "-m", "simulators.openai", "--settings", json.dumps({"dialect": "groq"}))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    line = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    environment = line["environment"]
    async with httpx.AsyncClient() as http:
        headers = {"Authorization": f"Bearer {environment['OPENAI_API_KEY']}"}
        answer = await http.get(f"{environment['OPENAI_BASE_URL']}/models", headers=headers)
    assert answer.status_code == 200
    process.terminate()
    assert await process.wait() == 0
