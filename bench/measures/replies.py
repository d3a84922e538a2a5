"""Three hours of speech with a time for each word are stored, read, rendered and posted: how long the loop is kept.

Measured is the processor time of the loop's own thread between two of its turns, so that what else the machine does
does not count. The workspace runs on the same loop; its turns count, too.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.measure import Plan, Row, at_most, row
from bot.domain.transcript import Segment, Transcript, Word
from simulators.slack.faults import Fault
from tests.support.harnesses.slack import workplace

HOURS = 3
SENTENCE = "Sentence of a long conversation about the knee which hurts when it is bent and more"
SENTENCE_SECONDS = 6.0


async def measure(plan: Plan) -> list[Row]:
    """A row for the text as a file, and one for the text in messages, where files are refused."""
    found = []
    for refused in (False, True):
        longest = [await _longest(plan, number, refused) for number in range(plan.rounds)]
        how = "in messages" if refused else "as a file"
        found.append(
            row(f"{HOURS} h of speech posted {how}: longest turn of the loop", longest, "ms", bar=at_most(50), fold=max)
        )
    return found


async def _longest(plan: Plan, number: int, refused: bool) -> float:
    async with workplace(plan.directory(f"replies{number}"), speed=1000.0 if refused else 1.0) as place:
        for minutes in (1, HOURS * plan.size(60, 10)):  # the first one also loads what is loaded once
            _, job = await place.upload()
            if refused:
                place.slack.fault(Fault("files.getUploadURLExternal", times=None, error="file_uploads_disabled"))
            with _watched() as turns:
                job = await place.replying(job, _talk(minutes * 60))
                await place.answer(job, await place.store.transcript(job.id))
        return max(turns) * 1000


def _talk(seconds: int) -> Transcript:
    """Two speakers, one after the other."""
    segments = []
    for number in range(int(seconds / SENTENCE_SECONDS)):
        at = number * SENTENCE_SECONDS
        words = tuple(Word(text, at + 0.3 * k, at + 0.3 * k + 0.25) for k, text in enumerate(SENTENCE.split()))
        segments.append(Segment(SENTENCE, at, at + 5.0, str(number % 2 + 1), words))
    return Transcript(tuple(segments), language="en", seconds=float(seconds), title="A long talk", provider="local")


@contextmanager
def _watched() -> Iterator[list[float]]:
    """The processor seconds of each turn of the loop, as asyncio runs its callbacks."""
    turns: list[float] = []
    run = vars(asyncio.Handle)["_run"]  # the one place through which every turn of the loop goes

    def timed(self: asyncio.Handle) -> None:
        begun = time.thread_time()
        run(self)
        turns.append(time.thread_time() - begun)

    setattr(asyncio.Handle, "_run", timed)  # noqa: B010  # asyncio has no public hook for it, and its stubs no name
    try:
        yield turns
    finally:
        setattr(asyncio.Handle, "_run", run)  # noqa: B010  # as above
