"""A title for a transcript that came without one: a stretch of words that were said, never words that were not."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from bot.domain.transcript import Transcript
from bot.text.sentences import SHORT_WORDS, Stopwords, sentences, stem, words

TITLE_LIMIT = 80  # characters
_EARLY = 0.3  # share of the recording in which its subject is usually named
_TOKEN = re.compile(r"\S+")
_STOP_COST = 0.35  # what a word without a subject costs a title
_BREAK_COST = 1.2  # what running over a comma costs


def title(transcript: Transcript) -> str | None:
    """At most `TITLE_LIMIT` characters, cut from one sentence of the transcript; None when nothing was said.

    An ellipsis stands where a short recording's only sentence had to be cut. Deterministic.
    """
    spoken = sentences(transcript)
    if not spoken:
        return None
    everything = words(transcript.text)
    stop = Stopwords(transcript.language, everything)
    weights = {
        word: math.log(1 + count) for word, count in Counter(stem(w) for w in everything if w not in stop).items()
    }
    heaviest = max(spoken, key=lambda said: sum(weights.get(stem(w), 0) for w in words(said)))
    if len(everything) < SHORT_WORDS:  # a fragment would tell less than the sentence
        return _whole(heaviest)
    best, chosen = 0.0, ""
    for number, sentence in enumerate(spoken):
        early = 1.25 if number < _EARLY * len(spoken) else 1.0
        asks = 0.6 if sentence.endswith(("?", "؟", "？")) or "՞" in sentence else 1.0
        score, span = _span(sentence, weights, stop)
        if score * early * asks > best:
            best, chosen = score * early * asks, span
    return _capital(chosen) if chosen else _whole(heaviest)


def _span(sentence: str, weights: Mapping[str, float], stop: Stopwords) -> tuple[float, str]:
    """The weightiest stretch of a sentence that begins and ends with words that carry a subject."""
    tokens = list(_TOKEN.finditer(sentence))
    worth = []
    for token in tokens:
        inside = [weights[stem(w)] for w in words(token[0]) if w not in stop and stem(w) in weights]
        worth.append(sum(inside) / len(inside) if inside else 0.0)
    best, chosen = 0.0, ""
    for i in range(len(tokens)):
        if not worth[i]:
            continue
        total, seen = 0.0, set[str]()
        for j in range(i, len(tokens)):
            if tokens[j].end() - _start(tokens, i) > TITLE_LIMIT:
                break
            key = stem(tokens[j][0])
            total += worth[j] if worth[j] and key not in seen else -_STOP_COST
            seen.add(key)
            if worth[j] and total > best and j - i >= 2:
                best, chosen = total, sentence[_start(tokens, i) : tokens[j].end()]
            if tokens[j][0][-1] in ",;:،՝—–":
                total -= _BREAK_COST
    return best, chosen


def _start(tokens: Sequence[re.Match[str]], i: int) -> int:
    """Where the stretch begins: with the one small word before it, if the sentence begins there ("The", "El")."""
    return tokens[0].start() if i == 1 and tokens[0][0].isalpha() else tokens[i].start()


def _whole(sentence: str) -> str:
    """The sentence if it is short, else its beginning up to a clause or word boundary."""
    if len(sentence) <= TITLE_LIMIT:
        return _capital(sentence)
    head = sentence[: TITLE_LIMIT - 1]
    clause = max((m.start() for m in re.finditer(r"[,;:،՝—–](?=\s)", head)), default=0)
    cut = clause if clause >= TITLE_LIMIT // 3 else head.rfind(" ") if " " in head.strip() else len(head)
    return f"{_capital(head[:cut])}…"


def _capital(text: str) -> str:
    text = text.strip(" .,;:،՝։。—–-") or text
    return text[:1].upper() + text[1:] if len(text[:1].upper()) == 1 else text
