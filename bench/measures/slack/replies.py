"""Three hours of speech with a time for each word are stored, read, rendered and posted: how long the loop is kept.

Measured is the processor time of the loop's own thread in each turn, from one wait of its selector to the next, so that
what else the machine does does not count. The workspace runs on the same loop; its turns count, too.
"""

import asyncio
import selectors
import time
from pathlib import Path
from selectors import SelectorKey

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
        longest = [await asyncio.to_thread(_longest, plan, refused) for _ in range(plan.rounds)]
        how = "in messages" if refused else "as a file"
        found.append(
            row(f"{HOURS} h of speech posted {how}: longest turn of the loop", longest, "ms", bar=at_most(50), fold=max)
        )
    return found


class _TurnSelector(selectors.DefaultSelector):
    """Notes the processor seconds of each turn: what the thread does from one wait to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[float] = []
        self._left = time.thread_time()

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """As the selector does."""
        self.turns.append(time.thread_time() - self._left)
        events = super().select(timeout)
        self._left = time.thread_time()
        return events


def _longest(plan: Plan, refused: bool) -> float:
    """The longest turn of a loop of its own, in ms."""
    selector = _TurnSelector()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        return runner.run(_posted(plan.directory("replies"), HOURS * plan.size(60, 10), refused, selector.turns)) * 1000


async def _posted(directory: Path, minutes: int, refused: bool, turns: list[float]) -> float:
    """Have a long talk answered, after a short one, which loads what is loaded once; the longest turn for the long."""
    async with workplace(directory, speed=1000.0 if refused else 1.0) as place:
        for length in (1, minutes):
            _, job = await place.upload()
            if refused:
                place.slack.fault(Fault("files.getUploadURLExternal", times=None, error="file_uploads_disabled"))
            talk = _talk(length * 60)
            await asyncio.sleep(0)  # making it is a turn of its own
            turns.clear()
            job = await place.replying(job, talk)
            await place.answer(job, await place.store.transcript(job.id))
        return max(turns)


def _talk(seconds: int) -> Transcript:
    """Two speakers, one after the other."""
    segments = []
    for number in range(int(seconds / SENTENCE_SECONDS)):
        at = number * SENTENCE_SECONDS
        words = tuple(Word(text, at + 0.3 * k, at + 0.3 * k + 0.25) for k, text in enumerate(SENTENCE.split()))
        segments.append(Segment(SENTENCE, at, at + 5.0, str(number % 2 + 1), words))
    return Transcript(tuple(segments), language="en", seconds=float(seconds), title="A long talk", provider="local")
