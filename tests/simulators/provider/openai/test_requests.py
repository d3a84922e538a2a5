"""Which forms, formats and models the simulated OpenAI-compatible servers take."""

import base64

import pytest

from tests.simulators.provider.openai.serving import SECOND, Fields, file_for, kinds, serving
from tests.simulators.provider.openai_peers import encoded, tones

# the form


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


# formats and models


@pytest.mark.parametrize(
    ("model", "form", "status"),
    [
        ("whisper-1", "verbose_json", 200),
        ("whisper-1", "diarized_json", 400),
        ("gpt-4o-transcribe", "json", 200),
        ("gpt-4o-mini-transcribe", "verbose_json", 400),
        ("gpt-4o-transcribe", "text", 400),
        ("gpt-4o-transcribe-diarize", "text", 400),
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
