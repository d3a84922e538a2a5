"""What was said in a recording, made up to fill it; the words name the bytes, so that a test knows each piece again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulators.provider.results import ENGLISH, SCRIPTS, SECONDS_PER_CHARACTER, mark_of


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one voice said without a pause; times in seconds from the start of what was sent.

    `voice` counts from 0 in order of appearance; `sure` is how sure the model is of it (an `avg_logprob`).
    """

    text: str
    start: float
    end: float
    voice: int = 0
    pitch: float = 0.0
    sure: float = -0.2
    no_speech: float = 0.02
    compression: float = 1.4

    def words(self) -> list[tuple[str, float, float]]:
        """Return each word with its times, shared out evenly."""
        words = self.text.split()
        step = (self.end - self.start) / max(1, len(words))
        return [
            (word, round(self.start + at * step, 3), round(self.start + (at + 1) * step, 3))
            for at, word in enumerate(words)
        ]


def scripted(sha256: str, seconds: float, language: str) -> list[Utterance]:
    """Return a conversation in `language` that fills `seconds`; its first utterance holds `mark_of(sha256)`."""
    script = SCRIPTS.get(language, ENGLISH)
    said: list[Utterance] = []
    at, number = 0.0, 0
    while at < seconds:
        voice, text = script.lines[number % len(script.lines)]
        if number == 0:
            text = f"{text} {script.mark.format(mark=mark_of(sha256))}"
        end = min(seconds, at + len(text) * SECONDS_PER_CHARACTER)
        said.append(Utterance(text, round(at, 2), round(end, 2), voice))
        at, number = end, number + 1
    return said


def doubtful(said: Sequence[Utterance], *, looped: bool) -> list[Utterance]:
    """Return the utterances with the marks of a model that made one up or went round in circles at the end."""
    if looped:
        invented = Utterance("Thank you. " * 12, 0.0, 0.0, sure=-0.9, compression=6.1)
    else:
        invented = Utterance("Subtitles by the community", 0.0, 0.0, sure=-1.4, no_speech=0.93)
    end = said[-1].end if said else 0.0
    return [*said, replace(invented, text=invented.text.strip(), start=end, end=end)]
