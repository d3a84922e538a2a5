"""Subtitle cues: a timed transcript cut at sentence ends into pieces that fit the screen and the eye.

Each cue has at most two lines of `LINE` columns, is shown for 1 to 7 s, and overlaps no other. Word times are used
where the provider gave them; inside a segment without them, a cut falls where the share of its letters says.
Limits: Netflix's timed text style guide (42 characters, two lines, 7 s), rounded to whole seconds below.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.domain.errors import ThreadscribeError
from bot.domain.transcript import Segment, Transcript
from bot.text.sentences import split

LINE = 42  # columns; a CJK character takes two
SHORTEST, LONGEST = 1000, 7000  # milliseconds
_READING = 55  # milliseconds a column stays on screen where there is room: 18 columns a second
_PAUSE = 2000  # milliseconds of silence that end a cue
_NAME = 24  # columns of a speaker's name
_CLAUSE = tuple(",;:،՝—–、，；")
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff"  # Thai, Kana, Han: lines may break between letters
_UNIT = re.compile(f"[{_UNSPACED}]|[^{_UNSPACED}]+")


class NoTimes(ThreadscribeError):
    """The transcript has no times, so it cannot become subtitles; the message says so to a person."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle; times in milliseconds, `speaker` as shown."""

    start: int
    end: int
    lines: tuple[str, ...]
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int
    glued: bool = False  # no space before it
    stop: bool = False  # a sentence ends with it
    bound: bool = False  # a cue must not end with it


@dataclass(frozen=True, slots=True)
class _Piece:
    tokens: tuple[_Token, ...]
    speaker: str | None

    @property
    def start(self) -> int:
        return self.tokens[0].start

    @property
    def end(self) -> int:
        return max(self.start, self.tokens[-1].end)


def has_times(transcript: Transcript) -> bool:
    """Whether every spoken segment has a start and an end, and they are not all naught."""
    spoken = [segment for segment in transcript.segments if segment.text.strip()]
    timed = all(segment.start is not None and segment.end is not None for segment in spoken)
    return bool(spoken) and timed and any(segment.end for segment in spoken)


def cues(transcript: Transcript, names_in_text: bool = False) -> list[Cue]:
    """The cues in order; their text is the transcript's, word for word. Raises `NoTimes`.

    With `names_in_text` a speaker's name stands before the first words after a change ("Anna: …").
    """
    if transcript.is_empty:
        return []
    if not has_times(transcript):
        raise NoTimes(
            "This transcript has no times, so it cannot become subtitles (SRT or VTT). "
            "TXT, DOCX and JSON hold all of it."
        )
    pieces: list[_Piece] = []
    for speaker, tokens in _runs(transcript):
        name = transcript.name_of(speaker) if speaker else None
        changed = names_in_text and (not pieces or pieces[-1].speaker != name)
        prefix = _name_tokens(name, tokens[0].start) if name and changed else []
        parts = (part for sentence in _sentences([*prefix, *tokens]) for part in _fitting(sentence))
        pieces.extend(_merge([_Piece(tuple(part), name) for part in parts]))
    return _timed(pieces)


def _runs(transcript: Transcript) -> Iterator[tuple[str | None, list[_Token]]]:
    """The tokens of each stretch of one speaker, sentence ends marked."""
    spoken = sorted((s for s in transcript.segments if s.text.strip()), key=lambda s: s.start or 0.0)
    run: list[_Token] = []
    for number, segment in enumerate(spoken):
        run.extend(_tokens(segment))
        if number + 1 == len(spoken) or spoken[number + 1].speaker != segment.speaker:
            yield segment.speaker, _mark_stops(run)
            run = []


def _tokens(segment: Segment) -> list[_Token]:
    """Units that no line is broken within, each with its time."""
    start, end = _ms(segment.start or 0.0), _ms(segment.end or 0.0)
    end = max(start, end)
    text = segment.text.replace("\0", "\ufffd")  # as WebVTT has it
    units = [(part, number > 0) for word in text.split() for number, part in enumerate(_units(word))]
    letters = sum(len(text) for text, _ in units)
    spans = _word_spans(segment)
    found, at = [], 0
    for text, glued in units:
        if spans:
            begin, finish = spans[at][0], spans[at + len(text) - 1][1]
        else:
            begin = start + (end - start) * at // letters
            finish = start + (end - start) * (at + len(text)) // letters
        at += len(text)
        found.append(_Token(text, begin, max(begin, finish), glued))
    return found


def _word_spans(segment: Segment) -> list[tuple[int, int]]:
    """(start, end) for each letter of the segment; empty if its words are not its text."""
    if "".join("".join(word.text.split()) for word in segment.words) != "".join(segment.text.split()):
        return []
    return [(_ms(word.start), _ms(word.end)) for word in segment.words for _ in "".join(word.text.split())]


def _units(word: str) -> list[str]:
    """A word as it is; letter by letter where lines may break between letters; cut up if it exceeds a line."""
    units: list[str] = []
    for part in _UNIT.findall(word):
        follows = all(unicodedata.category(letter)[0] in "MP" for letter in part)  # marks and closing punctuation
        if units and follows and width(units[-1] + part) <= LINE:
            units[-1] += part
            continue
        piece = ""
        for letter in part:
            if width(piece + letter) > LINE or len(piece) >= LINE:
                units.append(piece)
                piece = ""
            piece += letter
        units.append(piece)
    return units


def _mark_stops(tokens: Sequence[_Token]) -> list[_Token]:
    ends, at = set(), 0
    for sentence in split(_join(tokens)):
        at += len("".join(sentence.split()))
        ends.add(at)
    marked, at = [], 0
    for token in tokens:
        at += len(token.text)
        marked.append(replace(token, stop=at in ends))
    return marked


def _name_tokens(name: str, start: int) -> list[_Token]:
    name = " ".join(name.split())
    short = name if len(name) <= _NAME else f"{name[: _NAME - 1].rstrip()}…"
    return [_Token(part, start, start, bound=True) for part in f"{short}:".split()]


def _sentences(tokens: Sequence[_Token]) -> Iterator[list[_Token]]:
    part: list[_Token] = []
    for number, token in enumerate(tokens):
        part.append(token)
        last = number + 1 == len(tokens)
        if last or token.stop or (tokens[number + 1].start - token.end > _PAUSE and not token.bound):
            yield part
            part = []


def _fitting(tokens: Sequence[_Token]) -> Iterator[Sequence[_Token]]:
    """A sentence in as many pieces as it needs, cut at clauses and pauses where it can be."""
    while len(tokens) > 1 and not _fits(tokens):
        most = 1
        while _fits(tokens[: most + 1]):
            most += 1
        cuts = [n for n in range(max(1, most // 2), most + 1) if not tokens[n - 1].bound]
        named = next((n for n, token in enumerate(tokens, 1) if not token.bound), 1)
        cut = max(cuts, key=lambda n: (_ease(tokens, n), n)) if cuts else named
        yield tokens[:cut]
        tokens = tokens[cut:]
    if tokens:
        yield tokens


def _ease(tokens: Sequence[_Token], cut: int) -> int:
    """How natural it is to cut before token number `cut`."""
    if tokens[cut - 1].text.endswith(_CLAUSE):
        return 3
    if tokens[cut].start - tokens[cut - 1].end > 300:
        return 2
    return 0 if tokens[cut].glued or len(tokens) - cut < 3 else 1


def _fits(tokens: Sequence[_Token]) -> bool:
    few = len(tokens) <= 2 * LINE + 1  # each takes a column at least; spares long speech without stops
    return few and tokens[-1].end - tokens[0].start <= LONGEST and _lines(tokens) is not None


def _lines(tokens: Sequence[_Token]) -> tuple[str, ...] | None:
    """One or two lines of like length, cut after a clause if there is a choice; None if that is not enough."""
    whole = _join(tokens)
    if width(whole) <= LINE:
        return (whole,)
    if width(whole) > 2 * LINE + 1:
        return None
    pairs = [(n, _join(tokens[:n]), _join(tokens[n:])) for n in range(1, len(tokens))]
    able = [(n, top, low) for n, top, low in pairs if width(top) <= LINE and width(low) <= LINE]
    if not able:
        return None
    _, top, low = min(
        able,
        key=lambda pair: (
            abs(width(pair[1]) - width(pair[2])) - (12 if pair[1].endswith(_CLAUSE) else 0),
            pair[0],
        ),
    )
    return top, low


def _merge(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Pieces too short to be read get company of the same speaker, if both fit."""
    merged: list[_Piece] = []
    for piece in pieces:
        if merged:
            before = merged[-1]
            short = min(before.end - before.start, piece.end - piece.start) < SHORTEST
            both = before.tokens + piece.tokens
            if short and piece.start - before.end <= _PAUSE and _fits(both):
                merged[-1] = replace(before, tokens=both)
                continue
        merged.append(piece)
    return merged


def _timed(pieces: Sequence[_Piece]) -> list[Cue]:
    """Shown for 1 to 7 s and one after the other: longer where there is room, a little later where there is none."""
    found: list[Cue] = []
    free = 0
    for number, piece in enumerate(pieces):
        lines = _lines(piece.tokens) or (_join(piece.tokens),)
        start = max(piece.start, free)
        following = pieces[number + 1].start if number + 1 < len(pieces) else start + LONGEST
        readable = start + _READING * sum(map(width, lines))
        end = max(piece.end, min(readable, following))
        end = min(end, max(following, start + SHORTEST))  # people who talk at once are shown one after the other
        free = min(max(end, start + SHORTEST), start + LONGEST)
        found.append(Cue(start, free, lines, piece.speaker))
    return found


def width(text: str) -> int:
    """Columns on a screen: two for wide characters, none for marks that sit on others."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _join(tokens: Sequence[_Token]) -> str:
    return "".join(token.text if token.glued else f" {token.text}" for token in tokens).strip()


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))
