"""Search: an index of folded words, beside which sealed transcripts are opened one by one; and what people used.

A sealed transcript leaves no word in the index: even keyed hashes of its words would tell which recordings share
which words, and how often. So the newest are opened when somebody asks, up to a bound, and the rest on request.
"""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

from bot.domain.search import Term
from bot.ports.store import DayUse, Found, FoundPage, SearchFilter
from bot.text.search import indexed, matches, said
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
    text,
    writes,
)
from storage.rows import job_of
from storage.seal import Seal
from storage.transcript_json import load_transcript

OPENED_AT_MOST = 1_000  # sealed transcripts that one search opens
OPENED_BYTES = 32 * 1024 * 1024
_OPENED_AT_ONCE = 20  # read in one go, so that others get their turn to read
_INDEXED_AT_ONCE = 50
_MERGED_PAGES = 200  # of the index, rewritten in one transaction
_FIRST = 2**62  # above every number of a row
_BACKFILLED = "said"  # the high-water mark that says that every transcript is in the index
_MOST_POSITION = 16_383  # PostgreSQL's


class StoredSearch:
    """Looks through what was said."""

    _db: Database
    _seal: Seal
    opened_at_most = OPENED_AT_MOST
    _residue: bool | None = None  # whether deleted words may still lie in the index; None: not known

    async def search(self, which: SearchFilter) -> FoundPage:
        """What the port says."""
        places = [f"{which.team_id}x{name}" for name in (*which.channel_ids, which.user_id) if name]
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
            "said": _ts_query(terms),
            "tsquery": f"{_ts_places(places)} & {_ts_query(terms)}",
            "places": f",{','.join(places)},",
            "before": before,
            "count": count,
        }
        rows = yield from execute("search_newest", **asked)
        if len(rows) < count:
            rows = yield from execute("search_said", **asked)
        return [self._found(row) for row in rows]

    async def _opened(
        self, terms: Sequence[Term], places: Sequence[str], before: int, count: int
    ) -> tuple[list[Found], int | None]:
        """Sealed transcripts that match, and where looking stopped; None: there are no more."""
        found: list[Found] = []
        looked = size = 0
        while True:
            rows = await self._sealed_said(places, before)
            hits = await asyncio.to_thread(self._matching, rows, terms)
            found += await self._jobs_of(hits)
            if len(rows) < _OPENED_AT_ONCE:
                return found, None
            before = integer(rows[-1], "id")
            looked += len(rows)
            size += sum(len(blob(row, "body")) for row in rows)
            if len(found) >= count or looked >= self.opened_at_most or size >= OPENED_BYTES:
                return found, before

    @reads
    def _sealed_said(self, places: Sequence[str], before: int) -> Transaction[Sequence[Row]]:
        return (yield from execute("sealed_said", places=f",{','.join(places)},", before=before, count=_OPENED_AT_ONCE))

    def _matching(self, rows: Sequence[Row], terms: Sequence[Term]) -> list[tuple[str, int]]:
        hits = []
        for row in rows:
            opened = load_transcript(self._seal.open(blob(row, "body"), f"transcript:{text(row, 'source')}"))
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
        return Found(job_of(row, self._seal), integer(row, "said_id"))

    @reads
    def usage(self, team_id: str, user_id: str, days: Sequence[float]) -> Transaction[Sequence[DayUse]]:
        """What the port says."""
        found = []
        for since, until in pairwise(days):
            rows = yield from execute("use_of_user", team_id=team_id, user_id=user_id, since=since, until=until)
            found.append(DayUse(number(rows[0], "seconds"), integer(rows[0], "recordings")))
        return found

    async def index_missing(self) -> None:
        """Index what an earlier version of the program stored; once in the life of a database."""
        if await self._mark():
            return
        after = ""
        while rows := await self._unindexed(after):
            for row in rows:
                job_id, body = text(row, "job_id"), blob(row, "body")
                opened = load_transcript(self._seal.open(body, f"transcript:{job_id}"))
                await self._index(job_id, body, await asyncio.to_thread(indexed, opened))
            after = text(rows[-1], "job_id")
        await self._set_mark()

    @reads
    def _mark(self) -> Transaction[bool]:
        return bool((yield from execute("high_water", name=_BACKFILLED)))

    @writes
    def _set_mark(self) -> Transaction[None]:
        yield from execute("put_high_water", name=_BACKFILLED, mark="all")

    @reads
    def _unindexed(self, after: str) -> Transaction[Sequence[Row]]:
        return (yield from execute("transcripts_after", after=after, count=_INDEXED_AT_ONCE))

    @writes
    def _index(self, job_id: str, body: bytes, words: Sequence[str]) -> Transaction[None]:
        yield from index(job_id, self._seal.is_sealed(body), words)

    async def scrub(self) -> None:
        """Have deleted words overwritten in the index, a little at a time; nothing to do on PostgreSQL."""
        if self._residue is not False:
            pages = -_MERGED_PAGES  # negative: begin, whatever the state of the index
            while await self._merge(pages):
                pages = _MERGED_PAGES
            self._residue = False

    @writes
    def _merge(self, pages: int) -> Transaction[bool]:
        before = yield from execute("changes")
        yield from execute("merge_said", pages=pages)
        after = yield from execute("changes")
        return integer(after[0], "changes") - integer(before[0], "changes") > 1  # as SQLite's page on FTS5 says


def index(job_id: str, sealed: bool, words: Sequence[str]) -> Transaction[None]:
    """Put a job's transcript where search looks, for the job and for those that share it."""
    kept = [] if sealed else words
    spoken, placed = " ".join(kept), vector(kept)
    yield from execute("put_said", job_id=job_id, sealed=int(sealed), words=spoken, vector=placed)
    yield from execute("put_said_of_shares", job_id=job_id, sealed=int(sealed), words=spoken, vector=placed)


def share(job_id: str, source: str) -> Transaction[None]:
    """Let a job that shares a transcript be found by it."""
    yield from execute("share_said", job_id=job_id, source=source)


def vector(words: Sequence[str]) -> str:
    """The words as PostgreSQL writes a tsvector."""
    places: dict[str, list[int]] = {}
    for position, word in enumerate(words, start=1):
        places.setdefault(word, []).append(min(position, _MOST_POSITION))
    return " ".join(f"'{word}':{','.join(map(str, at[:255]))}" for word, at in places.items())


def _fts_query(terms: Sequence[Term], places: Sequence[str]) -> str:
    where = " OR ".join(f'"{place}"' for place in places)
    what = " AND ".join(f'"{" ".join(term.words)}"{" *" if term.prefix else ""}' for term in terms)
    return f"place : ({where}) AND words : ({what})"


def _ts_places(places: Sequence[str]) -> str:
    return "(" + " | ".join(f"'{place}'" for place in places) + ")"


def _ts_query(terms: Sequence[Term]) -> str:
    found = []
    for term in terms:
        own = [f"'{word}'" for word in term.words]
        found.append("(" + " <-> ".join([*own[:-1], own[-1] + (":*" if term.prefix else "")]) + ")")
    return " & ".join(found)
