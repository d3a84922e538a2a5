"""The main job with the real engine: every format, both ways into Slack, in a channel, a thread and a DM at once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from simulators.slack.file_store import Upload
from simulators.slack.records import Message
from tests.support.audio.recordings import record
from tests.support.harnesses.bot import ALICE, BOB, CLINIC, DIRECT, Place, headline, open_place, shown, words_of
from tests.support.harnesses.local_engine import SAMPLES, WORDS, error_rate, speech

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="module")]


@dataclass(frozen=True)
class Clip:
    """A recording in some format, and what is said in it."""

    path: Path
    words: str
    subtype: str = ""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Clip]:
    """One recording in each format; any three neighbours say different things."""
    made = tmp_path_factory.mktemp("clips")

    def spoken(name: str, target: str, codec: str, container: str, **more: object) -> Clip:
        return Clip(record(made / target, speech(name), codec, container, **more), WORDS[name])  # type: ignore[arg-type]  # options of the encoder

    narrow = record(made / "ward.amr", speech()[::2].copy(), "libopencore_amrnb", "amr", 8_000, 12_200)
    opus = made / "ward.opus"
    opus.write_bytes((SAMPLES / "sense_0890.ogg").read_bytes())
    return {
        "wav": Clip(SAMPLES / "jfk.wav", WORDS["jfk.wav"]),
        "mp3": spoken("sense_0890.ogg", "ward.mp3", "mp3", "mp3"),
        "m4a": Clip(SAMPLES / "sense_0870.m4a", WORDS["sense_0870.m4a"], "slack_audio"),
        "ogg": Clip(SAMPLES / "sense_0890.ogg", WORDS["sense_0890.ogg"]),
        "webm": Clip(SAMPLES / "sense_0920.webm", WORDS["sense_0920.webm"], "slack_audio"),
        "flac": spoken("sense_0870.m4a", "ward.flac", "flac", "flac"),
        "aac": spoken("sense_0870.m4a", "ward.aac", "aac", "adts"),
        "amr": Clip(narrow, WORDS["jfk.wav"]),
        "opus": Clip(opus, WORDS["sense_0890.ogg"]),
        "mov": spoken("sense_0920.webm", "ward.mov", "aac", "mov", video=True),
        "mp4": Clip(SAMPLES / "jfk_video.mp4", WORDS["jfk.wav"]),
    }


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=["socket", pytest.param("http", marks=pytest.mark.slow)]
)
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    async with open_place(tmp_path_factory.mktemp("bot"), http=request.param == "http") as place:
        await place.start()
        yield place


async def expect_words(place: Place, message: Message, clip: Clip) -> None:
    (reply,) = await place.answered(message)
    assert reply.thread_ts == message.root
    assert headline(reply)
    assert error_rate(clip.words, words_of(reply)) <= 0.15, shown(reply)
    assert place.thread(message) == [reply]


@pytest.mark.parametrize(
    "formats", [("wav", "mp3", "m4a"), ("ogg", "webm", "flac"), ("aac", "amr", "mov"), ("mp4", "opus", "m4a")]
)
async def test_three_recordings_at_once_are_each_answered_in_their_own_thread(
    place: Place, clips: dict[str, Clip], formats: tuple[str, str, str]
) -> None:
    in_channel, in_thread, in_direct = (clips[name] for name in formats)
    root = place.slack.say_as(BOB, CLINIC, "Any news from the ward?")
    sent = [
        (await place.upload(upload(in_channel), channel=CLINIC), in_channel),
        (await place.upload(upload(in_thread), channel=CLINIC, thread_ts=root.ts), in_thread),
        (await place.upload(upload(in_direct), user=ALICE, channel=DIRECT), in_direct),
    ]
    for message, clip in sent:
        await expect_words(place, message, clip)


async def test_a_recording_is_ticked_off_when_it_is_answered(place: Place, clips: dict[str, Clip]) -> None:
    message = await place.upload(upload(clips["wav"]))
    await place.answered(message)
    await place.slack.until(lambda: message.reactions == {"white_check_mark": ["U0BOT"]}, 30)


def upload(clip: Clip) -> Upload:
    return Upload(clip.path.name, clip.path, subtype=clip.subtype)
