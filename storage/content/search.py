"""Search: an index of folded words, beside which sealed transcripts are opened one by one; and what people used.

A sealed transcript leaves no word in the index: even keyed hashes of its words would show which recordings share
which words, and how often. So the newest are opened when somebody asks, up to a bound, and the rest on request.
"""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

from bot.domain.errors import StoreError
from bot.domain.search import Term
from bot.ports.store import DayUse, Found, FoundPage, SearchFilter
from bot.text.search import matches, said
from storage.content.stored_json import load_transcript
from storage.engines.transaction import (
    Database,
    Row,
    Transaction,
    Value,
    blob,
    execute,
    integer,
    number,
    reads,
    reads_once,
    text,
    writes,
)
from storage.rows import job_of
from storage.seal import Seal

OPENED_AT_MOST = 1_000  # sealed transcripts that one search opens
OPENED_BYTES = 32 * 1024 * 1024
_OPENED_AT_ONCE = 20  # read in one go, so that others get their turn to read
_MERGED_PAGES = 200  # of the index, rewritten in one transaction
_FIRST = 2**62  # above every number of a row
_MOST_POSITION = 16_383  # PostgreSQL's
_MOST_PLACES = 255  # of one word, PostgreSQL's
_VECTOR_BYTES = 1_000_000  # PostgreSQL takes 1,048,575 of words and their places
_LONG = "+"  # no word: marks a transcript in which some words have no place


class StoredSearch:
    """Searches in what was said."""

    _db: Database
    _seal: Seal
    opened_at_most = OPENED_AT_MOST
    _residue: bool | None = None  # whether deleted words may still lie in the index; None: not known

    async def search(self, which: SearchFilter) -> FoundPage:
        """What the port says."""
        named = (f"{which.team_id}x{name}" for name in (*which.channel_ids, which.user_id) if name)
        places = [place for place in named if place.isalnum()]  # as Slack's ids are; else it would be read as a query
        if not which.terms or not places:
            return FoundPage(())
        before = _FIRST if which.before is None else which.before
        found = list(await self._indexed(which.terms, places, before, which.limit + 1))
        reached: int | None = None
        if self._seal.newest:
            opened, reached = await self._opened(which.terms, places, before, which.limit + 1)
            found = [each for each in found if reached is None or each.at >= reached]
            found = sorted([*found, *opened], key=lambda each: each.at, reverse=True)
        page = tuple(found[: which.limit])
        return FoundPage(page, page[-1].at if len(found) > which.limit else reached)

    @reads
    def _indexed(
        self, terms: Sequence[Term], places: Sequence[str], before: int, count: int
    ) -> Transaction[list[Found]]:
        asked: dict[str, Value] = {
            "fts": _fts_query(terms, places),
            "words": _ts_query(terms),
            "tsquery": f"{_ts_places(places)} & {_ts_query(terms)}",
            "places": f",{','.join(places)},",
            "before": before,
            "count": count,
        }
        rows = yield from execute("search_newest", **asked)
        if len(rows) < count:
            rows = yield from execute("search_index", **asked)
        return [self._found(row) for row in rows]

    async def _opened(
        self, terms: Sequence[Term], places: Sequence[str], before: int, count: int
    ) -> tuple[list[Found], int | None]:
        """Sealed transcripts that match, and where looking stopped; None: there are no more."""
        found: list[Found] = []
        looked = size = 0
        while True:
            rows = await self._sealed_transcripts(places, before)
            hits = await asyncio.to_thread(self._matching, rows, terms)
            found += await self._jobs_of(hits)
            if len(rows) < _OPENED_AT_ONCE:
                return found, None
            before = integer(rows[-1], "id")
            looked += len(rows)
            size += sum(len(blob(row, "body")) for row in rows)
            if len(found) >= count or looked >= self.opened_at_most or size >= OPENED_BYTES:
                return found, before

    @reads_once
    def _sealed_transcripts(self, places: Sequence[str], before: int) -> Transaction[Sequence[Row]]:
        where = f",{','.join(places)},"
        return (yield from execute("sealed_transcripts", places=where, before=before, count=_OPENED_AT_ONCE))

    def _matching(self, rows: Sequence[Row], terms: Sequence[Term]) -> list[tuple[str, int]]:
        hits = []
        for row in rows:
            try:
                opened = load_transcript(self._seal.decrypt(blob(row, "body"), f"transcript:{text(row, 'source')}"))
            except StoreError:  # damaged, or its key is lost: that hides nothing else
                continue
            if matches(said(opened), terms):
                hits.append((text(row, "job_id"), integer(row, "id")))
        return hits

    @reads
    def _jobs_of(self, hits: Sequence[tuple[str, int]]) -> Transaction[list[Found]]:
        found = []
        for job_id, at in hits:
            rows = yield from execute("job", id=job_id)
            found += [Found(job_of(row, self._seal), at) for row in rows if text(row, "state") == "done"]
        return found

    def _found(self, row: Row) -> Found:
        return Found(job_of(row, self._seal), integer(row, "found_id"))

    @reads
    def usage(self, team_id: str, user_id: str, days: Sequence[float]) -> Transaction[Sequence[DayUse]]:
        """What the port says."""
        found = []
        for since, until in pairwise(days):
            rows = yield from execute("use_of_user", team_id=team_id, user_id=user_id, since=since, until=until)
            found.append(DayUse(number(rows[0], "seconds"), integer(rows[0], "recordings")))
        return found

    async def overwrite_deleted(self) -> None:
        """Overwrite deleted words in SQLite's index, a little at a time, and empty its log; PostgreSQL vacuums."""
        if self._residue is not False:
            pages = -_MERGED_PAGES  # negative: begin, whatever the state of the index
            while await self._merge(pages):
                pages = _MERGED_PAGES
            self._residue = not await self._db.truncate_log()

    @writes
    def _merge(self, pages: int) -> Transaction[bool]:
        before = yield from execute("changes")
        yield from execute("merge_index", pages=pages)
        after = yield from execute("changes")
        return integer(after[0], "changes") - integer(before[0], "changes") > 1  # as SQLite's page on FTS5 says


def share(job_id: str, source: str) -> Transaction[None]:
    """Let a job that shares a transcript be found by it."""
    yield from execute("share_index", job_id=job_id, source=source)


def word_values(words: Sequence[str]) -> dict[str, Value]:
    """What an index is given of a transcript's words: SQLite's takes `words`, PostgreSQL's `vector`."""
    return {"words": " ".join(words), "vector": _vector(words)}


def _vector(words: Sequence[str]) -> str:
    """The words as PostgreSQL writes a tsvector.

    It keeps few places of a word, and none beyond a position. Two words that follow each other where one of them
    has no place are a word of their own, so that phrases are found there too.
    """
    places: dict[str, list[int]] = {}
    pairs: dict[str, None] = {}
    before, whole = "", True
    for position, word in enumerate(words, start=1):
        own = places.setdefault(word, [])
        if has_place := position <= _MOST_POSITION and len(own) < _MOST_PLACES:
            own.append(position)
        if not (has_place and whole):
            pairs[f"{before} {word}"] = None
        before, whole = word, has_place
    found = [f"'{word}':{','.join(map(str, at))}" if at else f"'{word}'" for word, at in places.items()]
    if pairs:
        found.append(f"'{_LONG}'")
    room = _VECTOR_BYTES - sum(len(word.encode()) + 4 + 2 * len(at) for word, at in places.items())
    for pair in pairs:
        if (room := room - len(pair.encode())) < 0:
            break
        found.append(f"'{pair}'")
    return " ".join(found)


def _fts_query(terms: Sequence[Term], places: Sequence[str]) -> str:
    where = " OR ".join(f'"{place}"' for place in places)
    what = " AND ".join(f'"{" ".join(term.words)}"{" *" if term.prefix else ""}' for term in terms)
    return f"place : ({where}) AND words : ({what})"


def _ts_places(places: Sequence[str]) -> str:
    return "(" + " | ".join(f"'{place}'" for place in places) + ")"


def _ts_query(terms: Sequence[Term]) -> str:
    return " & ".join(f"({_ts_term(term)})" for term in terms)


def _ts_term(term: Term) -> str:
    """One term; a phrase also by the pairs that `_vector` makes of a long transcript."""
    end = ":*" if term.prefix else ""
    phrase = " <-> ".join(f"'{word}'" for word in term.words) + end
    if len(term.words) == 1:
        return phrase
    ends = [""] * (len(term.words) - 2) + [end]
    pairs = [f"('{a}' <-> '{b}'{e} | '{a} {b}'{e})" for (a, b), e in zip(pairwise(term.words), ends, strict=True)]
    return f"{phrase} | '{_LONG}' & {' & '.join(pairs)}"
