"""Title and highlights for a transcript whose provider gave none: only sentences that were said.

The method is SumBasic (Nenkova and Vanderwende, 2005): a sentence is worth what its words weigh in the whole
recording; once it is chosen its words weigh less, so that the next one says something else. Dates, amounts, names
and promises add weight: they are what people look for. It needs no model and one pass over the words;
`docs/decisions.md` says what else was tried.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.transcript import Transcript
from bot.text.sentences import SHORT_WORDS, Stopwords, sentences, stem, words
from bot.text.titles import title

SHORT_SENTENCES = 8
LONGEST = 280  # characters; a longer "sentence" is speech without punctuation
_FEWEST = 4  # words with a subject that a sentence needs to say something on its own
_FEWEST_FIRM = 2  # the same for one that says who does what by when, or how much
_LESSER = 0.2  # what remains of a word's weight once it was said
_QUESTION = 0.6  # a question tells less than its answer
_QUESTION_MARKS = ("?", "？", "؟", "՞")
_FIRM = 1.7  # what a date, an amount or a promise adds to the weight of a sentence; two add twice
_NAMED = 1.2  # what a name adds: a sentence can have one by chance
_DATE = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:january|february|march|april|june|july|august|september|"
    r"october|november|december)\b|\b(?:tomorrow|tonight|next (?:week|month|year)|by (?:the end|noon|tomorrow))\b|"
    r"\b(?:lunes|martes|miércoles|jueves|viernes|sábado|domingo|mañana|lundi|mardi|mercredi|jeudi|vendredi|samedi|"
    r"dimanche|demain)\b|երկուշաբթի|երեքշաբթի|չորեքշաբթի|հինգշաբթի|ուրբաթ|շաբաթ|կիրակի|վաղը",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"\d|[$€£%֏]|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|"
    r"thousand|million|percent|euros?|dollars?)\b",
    re.IGNORECASE,
)
_PROMISE = re.compile(
    r"\b(?:will|i'll|we'll|i’ll|we’ll|please|must|have to|has to|agreed?|decided?|need to|needs to|let's|promised?|"
    r"deadline|owes?|debe|tiene que|hay que|acordamos|doit|il faut|devons)\b|պետք է|պայմանավոր",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=[\w,;] )[A-ZÀ-ÞԱ-Ֆ][\w’'-]{2,}")  # a capital letter inside the sentence


def suggest(transcript: Transcript) -> Transcript:
    """The transcript with a title if it had none, and with highlights if it had no summary. Deterministic."""
    if transcript.is_empty:
        return transcript
    if not transcript.title:
        transcript = replace(transcript, title=title(transcript))
    if not transcript.summary and not transcript.highlights:
        transcript = replace(transcript, highlights=highlights(transcript))
    return transcript


def highlights(transcript: Transcript) -> tuple[str, ...]:
    """Two to five sentences, verbatim and in the order in which they were said; none for a short recording.

    A sentence that runs over several segments of one speaker has single spaces where they meet.
    """
    spoken = sentences(transcript)
    everything = words(transcript.text)
    if len(everything) < SHORT_WORDS or len(spoken) < SHORT_SENTENCES:
        return ()
    stop = Stopwords(transcript.language, everything)
    chosen = _choose(spoken, stop, 3 if len(spoken) < 25 else 4 if len(spoken) < 80 else 5)
    return tuple(spoken[i] for i in sorted(chosen)) if len(chosen) >= 2 else ()


def starts(transcript: Transcript) -> tuple[float | None, ...]:
    """When each highlight was said (seconds), None where there are no times; in the order of the highlights."""
    places: list[tuple[int, float | None]] = []
    text = ""
    for segment in transcript.segments:
        if said := " ".join(segment.text.split()):
            places.append((len(text), segment.start))
            text += f"{said} "
    found: list[float | None] = []
    begin = 0
    for sentence in transcript.highlights:
        at = text.find(sentence, begin)
        at = text.find(sentence) if at < 0 else at
        found.append(next((start for place, start in reversed(places) if place <= at), None) if at >= 0 else None)
        begin = max(at, 0)
    return tuple(found)


def _firmness(sentence: str) -> int:
    """How many signs there are that something was settled."""
    return sum(bool(sign.search(sentence)) for sign in (_DATE, _AMOUNT, _PROMISE))


def _worth(sentence: str, firm: int) -> float:
    asks = _QUESTION if any(mark in sentence for mark in _QUESTION_MARKS) else 1.0
    return asks * _FIRM**firm * (_NAMED if _NAME.search(sentence) else 1.0)


def _choose(spoken: Sequence[str], stop: Stopwords, count: int) -> list[int]:
    bags = [[stem(word) for word in words(sentence) if word not in stop] for sentence in spoken]
    weight = {word: float(times) for word, times in Counter(word for bag in bags for word in bag).items()}
    firm = [_firmness(sentence) for sentence in spoken]
    worth = [_worth(sentence, firm[i]) for i, sentence in enumerate(spoken)]
    open_ = {
        " ".join(bag): i
        for i, bag in reversed(list(enumerate(bags)))
        if len(bag) >= (_FEWEST_FIRM if firm[i] >= 2 else _FEWEST) and len(spoken[i]) <= LONGEST
    }
    candidates = set(open_.values())  # the first of those that say the same

    def score(i: int) -> tuple[float, int]:
        distinct = set(bags[i])
        return worth[i] * sum(weight[word] for word in distinct) / (1 + len(distinct) ** 0.7), -i

    chosen: list[int] = []
    while candidates and len(chosen) < count:
        best = max(candidates, key=score)
        candidates.remove(best)
        chosen.append(best)
        for word in set(bags[best]):
            weight[word] *= _LESSER
    return chosen
