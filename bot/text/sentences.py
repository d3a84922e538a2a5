"""Sentences and words of a transcript, in any script: what titles, highlights and subtitle cues are made of."""

import functools
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from bot.domain.transcript import Transcript

SHORT_WORDS = 120  # a recording with fewer is read faster than its highlights

# nupunkt knows Latin punctuation only. These end a sentence in Armenian, Devanagari, Urdu, Ethiopic and CJK (where no
# space follows); the Arabic question mark too. Closing quotes and brackets stay with the sentence that they close.
_OTHER_STOPS = re.compile(r"(?<=[։।॥۔።؟])[»”\")’]*\s+|(?<=[。！？])(?![。！？」』）”])")
# Armenian is often typed with a colon for its full stop: it ends a sentence when no digit is beside it.
_ARMENIAN_COLON = re.compile(r"(?<=[\u0561-\u0587]:)\s+")
# nupunkt learnt from English: after a long lower-case word it may see an abbreviation where another language ends.
_LONG_WORD_STOP = re.compile(r"(?<=[^\W\d_]{5}[.!?])\s+(?=[¿¡«“\"(]*([^\W\d_]))")
_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")  # Thai, Kana, Han
_STEM = 6  # first letters that tell words apart: endings vary a lot (Armenian, Spanish), beginnings hardly

# What people say besides what they mean; the lists of stopwordsiso are made from writing.
_SPOKEN = {
    "en": "um uh uhm hmm mhm yeah yep nope ok okay gonna wanna gotta kinda hello hi hey bye goodbye thanks thank "
    "please sorry sure alright right fine great good anyway basically actually like lot bit guys everybody "
    "everyone",
    "hy": "բարև ձեզ այո ոչ հա չէ լավ խնդրում խնդրեմ շնորհակալություն շնորհակալ ներողություն ցտեսություն ուրեմն դե "
    "այսինքն հիմա շատ իմ ինձ քո քեզ ձեր մեր մեզ նրան իրեն կարող պետք գիտեմ հասկանում հասկացա ինչ ինչո ինչու "
    "ով որտեղ երբ ինչպես ուզում ասեք ասել տեսնում բայց եթե քանի արդեն միայն կա չկա լինի կլինի հարցով օգնել "
    "մաղթում չի չեմ չեն ևս էլ",
    "es": "hola adiós gracias favor vale bueno buenas buenos tardes días pues perfecto acuerdo luego entonces",
    "fr": "bonjour bonsoir merci salut voilà euh ben bah donc alors oui non accord revoir",
}


def passages(transcript: Transcript) -> Iterator[str]:
    """The text in stretches of one speaker each, on one line, in order."""
    speaker: str | None = None
    parts: list[str] = []
    for segment in transcript.segments:
        if parts and segment.speaker != speaker:
            yield " ".join(parts)
            parts = []
        speaker = segment.speaker
        if text := " ".join(segment.text.split()):
            parts.append(text)
    if parts:
        yield " ".join(parts)


def split(text: str) -> list[str]:
    """The sentences of `text`, verbatim and in order; white space between them is dropped."""
    import nupunkt  # its model is read on import, so only where it is used

    found: list[str] = []
    pieces = nupunkt.sent_tokenize(text) if text.strip() else []
    for piece in (piece for piece in pieces if isinstance(piece, str)):  # with confidence asked for, it gives pairs
        start = 0
        stops = {m.end() for stop in (_OTHER_STOPS, _ARMENIAN_COLON) for m in stop.finditer(piece)}
        stops |= {m.end() for m in _LONG_WORD_STOP.finditer(piece) if m[1].isupper()}
        for end in [*sorted(stops), len(piece)]:
            found.append(piece[start:end].strip())
            start = end
    return [sentence for sentence in found if sentence]


def sentences(transcript: Transcript) -> list[str]:
    """All sentences of a transcript; none runs over a change of speaker."""
    return [sentence for passage in passages(transcript) for sentence in split(passage)]


def words(text: str) -> list[str]:
    """The words as said, without punctuation; scripts without spaces give pairs of characters."""
    found: list[str] = []
    for match in _WORD.finditer(text):
        word = match[0]
        if _UNSPACED.search(word):
            found.extend(word[i : i + 2] for i in range(max(1, len(word) - 1)))
        else:
            found.append(word)
    return found


def stem(word: str) -> str:
    """What tells a word from others, whatever its ending."""
    return word.casefold()[:_STEM]


class Stopwords:
    """Words of a language that carry no subject; also numbers and single letters."""

    def __init__(self, language: str | None, sample: Sequence[str]) -> None:
        """`language` is a tag or None; then the language whose stop words cover most of `sample` is taken."""
        tag = re.split(r"[-_]", (language or "").lower(), maxsplit=1)[0]
        lists = _stop_lists()
        if tag not in lists:
            counts = Counter(word.casefold() for word in sample)
            tag = max(lists, key=lambda name: (sum(counts[word] for word in _common(name)), name == "en"))
        self.language = tag
        self._words = lists[tag]

    def __contains__(self, word: str) -> bool:
        bare = word.casefold().replace("’", "'")
        return bare in self._words or len(bare) < 2 or bare[0].isdigit() or bare.split("'")[0] in self._words


@functools.cache
def _stop_lists() -> dict[str, frozenset[str]]:
    import stopwordsiso  # reads its lists on import

    return {
        name: frozenset(word.casefold() for word in [*stopwordsiso.stopwords(name), *_SPOKEN.get(name, "").split()])
        for name in sorted(stopwordsiso.langs())
    }


@functools.cache
def _common(name: str) -> frozenset[str]:
    """The stop words that no more than three other languages share: those that give a language away."""
    shared = Counter(word for words_of in _stop_lists().values() for word in words_of)
    return frozenset(word for word in _stop_lists()[name] if shared[word] <= 4)
