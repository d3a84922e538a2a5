"""A title for a transcript that came without one: words that were said, never words that were not."""

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
_FEWEST = 4  # words of a title
_NAMED = 2.0  # what a speaker says that it is about ("let us talk about the move to the new office") is the best title
_NAMED_WORD = 0.5  # of each of its words, also of common ones such as "new"
_FRAGMENT = 0.7  # a part of a sentence says less than a whole one

# What a sentence may begin with and a title may not.
_OPENERS = re.compile(
    r"(?:(?:and|so|but|or|well|okay|ok|now|then|um|uh|uhm|hm+|mhm|yeah|yes|no|right|sure|oh|hi|hello|hey|first|second|"
    r"third|finally|also|because|like|thanks|thank you|thanks for calling|good (?:morning|afternoon|evening)|"
    r"y|pero|bueno|pues|entonces|hola|buenos días|buenas tardes|et|mais|alors|donc|bon|euh|bonjour|"
    r"և|իսկ|բայց|դե|ուրեմն|բարև ձեզ|բարև|այո|ոչ|լավ)\b[\s,.:;!?՝—–-]*)+",
    re.IGNORECASE,
)
_BOUND = re.compile(  # what belongs to the number or date before it
    r"(?:of|de|du|del|da|am|pm|a\.m\.|p\.m\.|percent|per|%|\d\S*|january|february|march|april|may|june|july|august|"
    r"september|october|november|december|euros?|dollars?|million|thousand|hundred|o'clock|st|nd|rd|th)\b",
    re.IGNORECASE,
)
_SUBJECT = re.compile(  # the speaker says what it is about
    r"\b(?:(?:calling|call|talk|speak|meet|message|note) about|regarding|start with|it is about|se trata de|"
    r"llamo por|il s'agit de|appelle pour)\b",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"(?:it|this|that|these|those|them|him|her|you|me|us|what|how|why|where|when|lo|eso|esto|cela|ça)\b", re.IGNORECASE
)
_GREETINGS = re.compile(r"(?:\bthis is\b|\bmy name is\b|\bspeaking\b|thanks for calling)", re.IGNORECASE)


def title(transcript: Transcript) -> str | None:
    """At most `TITLE_LIMIT` characters of one sentence; None where nothing good was said, or too little for a title.

    A whole sentence is preferred to a part of one; a part never ends inside a date or number. Deterministic.
    """
    everything = words(transcript.text)
    if len(everything) < SHORT_WORDS:  # its few words say more than a headline
        return None
    spoken = [
        _OPENERS.sub("", sentence, count=1) if _OPENERS.match(sentence) else sentence
        for sentence in sentences(transcript)
    ]
    stop = Stopwords(transcript.language, everything)
    weights = {
        word: math.log(1 + count) for word, count in Counter(stem(w) for w in everything if w not in stop).items()
    }
    best, chosen = 0.0, ""
    for number, sentence in enumerate(spoken):
        early = 1.25 if number < _EARLY * len(spoken) else 1.0
        asks = 0.6 if sentence.endswith(("?", "؟", "？")) or "՞" in sentence else 1.0
        subject = _SUBJECT.search(sentence)
        greets = 0.4 if _GREETINGS.search(sentence) else 1.5 if subject else 1.0
        named = _named(sentence[subject.end() :].strip(), weights, stop) if subject else (0.0, "")
        for score, span in (named, _sentence(sentence, weights, stop), _span(sentence, weights, stop)):
            if score * early * asks * greets > best:
                best, chosen = score * early * asks * greets, span
    return _capital(chosen) or None if chosen else None


def _sentence(sentence: str, weights: Mapping[str, float], stop: Stopwords) -> tuple[float, str]:
    """The weight of a whole sentence, if it is short enough for a title."""
    said = words(sentence)
    sentence = sentence.rstrip(" .,;։。…")
    if len(sentence) > TITLE_LIMIT or len(said) < _FEWEST:
        return 0.0, ""
    bags = {stem(word) for word in said if word not in stop}
    carrying = sum(weights.get(bag, 0.0) for bag in bags)
    return carrying - _STOP_COST / 2 * (len(said) - len(bags)), sentence


def _named(subject: str, weights: Mapping[str, float], stop: Stopwords) -> tuple[float, str]:
    """The weight of what follows "talk about", unless it only points at something ("it", "what we said")."""
    score, span = _sentence(subject, weights, stop)
    if not span or _POINTS.match(subject):
        return 0.0, ""
    return (score + _NAMED_WORD * len(words(span))) * _NAMED, span


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
            following = tokens[j + 1][0] if j + 1 < len(tokens) else ""
            ends = worth[j] and j - i + 1 >= _FEWEST and not _BOUND.match(following)
            if ends and total * _FRAGMENT > best:
                best, chosen = total * _FRAGMENT, sentence[_start(tokens, i) : tokens[j].end()]
            if tokens[j][0][-1] in ",;:،՝—–":
                total -= _BREAK_COST
    return best, chosen


def _start(tokens: Sequence[re.Match[str]], i: int) -> int:
    """Where the stretch begins: with the one small word before it, if the sentence begins there ("The", "El")."""
    return tokens[0].start() if i == 1 and tokens[0][0].isalpha() else tokens[i].start()


def _capital(text: str) -> str:
    text = text.strip(" .,;:،՝։。—–-") or text
    return text[:1].upper() + text[1:] if len(text[:1].upper()) == 1 else text
