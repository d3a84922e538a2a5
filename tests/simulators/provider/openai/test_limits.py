"""Limits of the audio and of the account at the simulated OpenAI-compatible servers."""

from email.utils import parsedate_to_datetime

import pytest

from simulators.openai.dialects import DialectName
from tests.simulators.provider.openai.serving import SECOND, Fields, kinds, serving
from tests.simulators.provider.openai_peers import Client, encoded, tones


def slow(seconds: float) -> bytes:
    return encoded(tones(seconds, rate=8000), rate=8000)


def moved(client: Client, seconds: float) -> None:
    client.server.clock.advance(seconds)


# limits of the audio


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


# limits of the account


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
