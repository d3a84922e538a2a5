"""Which language each clip of a block is in, when nobody chose one. Pure: the model is asked by a function.

Whisper writes everything in the one language that it is told: what is said in another is translated or dropped. So each
clip has its own, and a clip beside a change is halved to find where the change is.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from bot.providers.local.recognition.clips import Clip

Guess = Mapping[str, float]  # language -> probability

SURE = 0.8  # a language that is less probable does not take the place of the one before
_DIVIDED = 0.5  # below this, a clip may hold two languages
_SECOND = 0.2  # and its second language has at least this
_HALVED = 8.0  # seconds; a shorter clip stays whole
_SHORT = 6.0  # seconds; a shorter clip alone does not bring a new language
_ROUNDS = 2  # of halving: down to a quarter of a clip


class Heard(NamedTuple):
    """A clip, the language that it is transcribed in, and how probable that is."""

    clip: Clip
    language: str
    confidence: float


def choose_languages(clips: Sequence[Clip], guess: Callable[[Clip], Guess], before: str | None) -> list[Heard]:
    """The clips in order, some of them halved, with their languages. `before`: the language of what came before."""
    parts = [(clip, guess(clip)) for clip in clips]
    for _ in range(_ROUNDS):
        divided = _beside_a_change(parts, before)
        if not divided:
            break
        finer: list[tuple[Clip, Guess]] = []
        for number, (clip, chances) in enumerate(parts):
            halves = [(half, guess(half)) for half in clip.halves()] if number in divided else []
            finer += halves if _differ(halves) else [(clip, chances)]
        if len(finer) == len(parts):
            break
        parts = finer
    return _settled(parts, before)


def _beside_a_change(parts: Sequence[tuple[Clip, Guess]], before: str | None) -> set[int]:
    """The clips long enough to be halved that may hold a change of language."""
    languages = [heard.language for heard in _settled(parts, before)]
    found: set[int] = set()
    for number, (clip, chances) in enumerate(parts):
        if clip.seconds < _HALVED:
            continue
        ranked = sorted(chances.values(), reverse=True)
        torn = len(ranked) > 1 and ranked[0] < _DIVIDED and ranked[1] >= _SECOND
        around = languages[max(0, number - 1) : number + 2]
        changed = len(set(around)) > 1 or (number == 0 and before not in (None, languages[0]))
        if torn or changed:
            found.add(number)
    return found


def _settled(parts: Sequence[tuple[Clip, Guess]], before: str | None) -> list[Heard]:
    """Each clip in its own language where that is sure, else in that of the clip before it."""
    current = before or _most_probable(parts)
    known = {current} | {_top(chances) for clip, chances in parts if clip.seconds >= _SHORT}
    result: list[Heard] = []
    for clip, chances in parts:
        top = _top(chances)
        if chances[top] >= SURE and (clip.seconds >= _SHORT or top in known):
            current = top
        result.append(Heard(clip, current, chances.get(current, 0.0)))
    return result


def _most_probable(parts: Sequence[tuple[Clip, Guess]]) -> str:
    """The language of the whole, each clip counted by its length; the first sure one if there is one."""
    for _, chances in parts:
        if chances[_top(chances)] >= SURE:
            return _top(chances)
    total: dict[str, float] = {}
    for clip, chances in parts:
        for language, chance in chances.items():
            total[language] = total.get(language, 0.0) + chance * clip.seconds
    return _top(total)


def _differ(halves: Sequence[tuple[Clip, Guess]]) -> bool:
    """Whether two halves are surely in different languages, or one of them is sure where the other is not."""
    tops = [_top(chances) for _, chances in halves]
    sure = [chances[top] >= SURE for (_, chances), top in zip(halves, tops, strict=True)]
    return any(sure) and (len(set(tops)) > 1 or not all(sure))


def _top(chances: Guess) -> str:
    return max(chances, key=lambda language: chances[language])
