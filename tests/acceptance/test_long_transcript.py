"""Two hours of speech: every word arrives, within every limit of Slack's, as a file in the thread."""

from pathlib import Path

import pytest

from simulators.provider.results import Segment, Transcript
from simulators.slack.file_store import Upload
from simulators.slack.records import Message
from simulators.xosum import XosumSimulator
from tests.support.audio.recordings import record, tone
from tests.support.harnesses.bot import Place, headline, shown

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOURS = 2
WORDS_A_MINUTE = 150
ASIDES = ["*bold*", "<!channel>", "<@U0BOB>", "```", "&amp;", "https://example.org", "Խոսք", "😀", "שלום"]


def two_hours() -> Transcript:
    """A talk in which every word is another, in turns of ten seconds, with what could act in Slack in between."""
    segments = []
    for number in range(HOURS * 360):
        first = number * WORDS_A_MINUTE // 6
        words = [f"word{first + place}" for place in range(WORDS_A_MINUTE // 6)]
        words.insert(5, ASIDES[number % len(ASIDES)])
        text = " ".join(words).capitalize() + "."
        segments.append(Segment(text=text, speaker=number % 2, start=number * 10.0, end=number * 10.0 + 9.5))
    return Transcript(segments=segments, language="en-US", title="A long consultation", summary="Much was said.")


async def posted(place: Place, xosum: XosumSimulator, directory: Path, result: Transcript) -> Message:
    """A recording of which the provider makes this."""
    xosum.plan(result=result.model_dump())
    recording = record(directory / "long.mp3", tone(2.0), "mp3", "mp3")
    return await place.upload(Upload("long.mp3", recording))


def everything_said() -> list[str]:
    return [word for segment in two_hours().segments for word in segment.text.split()]


def in_order(words: list[str], text: str) -> bool:
    """Whether all words are in the text, in this order."""
    remaining = iter(text.split())
    return all(any(word == each for each in remaining) for word in words)


async def test_two_hours_of_text_come_complete_as_a_file_in_the_thread(
    place: Place, xosum: XosumSimulator, tmp_path: Path
) -> None:
    message = await posted(place, xosum, tmp_path, two_hours())
    (reply,) = await place.answered(message)
    assert headline(reply) == "A long consultation"
    assert "Much was said." in shown(reply)
    assert "The whole transcript follows in this thread." in shown(reply)
    await place.settled(message, "done")
    await place.slack.until(lambda: any(each.files for each in place.thread(message)))
    files = [file for each in place.thread(message) for file in each.files]
    assert len(files) == 1
    file = place.slack.workspace.files[files[0]]
    assert file.name == "long.txt"
    assert file.path is not None
    said = everything_said()
    assert len(said) == HOURS * 60 * WORDS_A_MINUTE + HOURS * 360
    assert in_order(said, file.path.read_text(encoding="utf-8"))


async def test_where_files_are_refused_every_word_comes_in_messages(
    place: Place, xosum: XosumSimulator, tmp_path: Path
) -> None:
    place.slack.options.uploads_refused = "file_uploads_disabled"
    quarter = two_hours().model_copy(update={"segments": two_hours().segments[:90]})
    message = await posted(place, xosum, tmp_path, quarter)
    await place.settled(message, "done")
    place.slack.options.uploads_refused = ""
    thread = place.thread(message)
    assert not any(each.files for each in thread)
    said = [word for segment in quarter.segments for word in segment.text.split() if word.lower().startswith("word")]
    assert in_order(said, "\n".join(shown(each) for each in thread))
