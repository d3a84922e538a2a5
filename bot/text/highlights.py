"""Title and highlights for a transcript whose provider gave none: only sentences that were said.

The method is SumBasic (Nenkova and Vanderwende, 2005): a sentence is worth what its words weigh in the whole
recording; once it is chosen its words weigh less, so that the next one says something else. It needs no model and one
pass over the words; `docs/decisions.md` says what else was tried.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.transcript import Transcript
from bot.text.sentences import SHORT_WORDS, Stopwords, sentences, stem, words
from bot.text.titles import title

SHORT_SENTENCES = 8
LONGEST = 280  # characters; a longer "sentence" is speech without punctuation
_FEWEST = 4  # words with a subject that a sentence needs to say something on its own
_LESSER = 0.3  # what remains of a word's weight once it was said
_QUESTION = 0.6  # a question tells less than its answer
_QUESTION_MARKS = ("?", "？", "؟", "՞")


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
    """Three to five sentences, verbatim and in the order in which they were said; none for a short recording.

    A sentence that runs over several segments of one speaker has single spaces where they meet.
    """
    spoken = sentences(transcript)
    everything = words(transcript.text)
    if len(everything) < SHORT_WORDS or len(spoken) < SHORT_SENTENCES:
        return ()
    stop = Stopwords(transcript.language, everything)
    chosen = _choose(spoken, stop, 3 if len(spoken) < 25 else 4 if len(spoken) < 80 else 5)
    return tuple(spoken[i] for i in sorted(chosen)) if len(chosen) >= 3 else ()


def _choose(spoken: Sequence[str], stop: Stopwords, count: int) -> list[int]:
    bags = [[stem(word) for word in words(sentence) if word not in stop] for sentence in spoken]
    weight = {word: float(times) for word, times in Counter(word for bag in bags for word in bag).items()}
    worth = [_QUESTION if any(mark in sentence for mark in _QUESTION_MARKS) else 1.0 for sentence in spoken]
    open_ = {
        " ".join(bag): i
        for i, bag in reversed(list(enumerate(bags)))
        if len(bag) >= _FEWEST and len(spoken[i]) <= LONGEST
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
