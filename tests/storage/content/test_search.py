"""Search: what is found, where, and what is no longer."""

import dataclasses
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.job import Job, Options, RemoteJob
from bot.domain.machine import Finishing, Received, Replying, Submitting, Waiting
from bot.domain.transcript import Segment, Transcript
from bot.ports.store import Found, FoundPage, JobStore, NewJob, SearchFilter
from bot.text.search import INDEXED_BYTES, indexed, matches, said, terms
from storage.content import search
from storage.store import Store
from tests.storage.content.test_transcripts import _files_of, sharing
from tests.storage.samples import FILE, KEY, NOW, Opener, done, finishing, origin, replaced


async def spoken(store: JobStore, *texts: str, channel: str = "C1", user: str = "U1", **more: str) -> Job:
    """An answered job in which this was said."""
    job, _ = await store.add_job(NewJob(origin(user, channel=channel), FILE), NOW)
    job = await walked(store, job)
    await store.put_transcript(job.id, Transcript(tuple(Segment(text) for text in texts), **more), NOW)  # type: ignore[arg-type]  # by name
    job = await store.apply(Finishing(job).stored(NOW))
    return await store.apply(Replying(job).replied(NOW))


async def walked(store: JobStore, job: Job) -> Job:
    job = await store.apply(Received(job).submit(NOW, FILE, "xosum", "xosum", Options()))
    job = await store.apply(Submitting(job).created(NOW, RemoteJob(f"remote-of-{job.id}")))
    job = await store.apply(Submitting(job).submitted(NOW, NOW))
    return await store.apply(Waiting(job).ready(NOW))


async def find(store: JobStore, typed: str, *channels: str, user: str = "", **more: int | None) -> list[str]:
    which = SearchFilter("T1", terms(typed), channels or ("C1",), user, **more)  # type: ignore[arg-type]  # by name
    return [found.job.id for found in (await store.search(which)).found]


async def test_words_are_found_in_title_summary_and_transcript(store: JobStore) -> None:
    job = await spoken(store, "He coughs at night", "and sleeps badly", title="Ward round", summary="A dry cough.")
    for typed in ("coughs", "ward", "dry", "sleeps night", '"sleeps badly"', '"ward round" dry'):
        assert await find(store, typed) == [job.id], typed
    for typed in ("fever", "ward fever", '"badly sleeps"', '"ward dry"', "", "!?"):
        assert await find(store, typed) == [], typed


async def test_words_are_found_by_their_beginning_and_short_ones_whole(store: JobStore) -> None:
    job = await spoken(store, "Transcription is on")
    assert await find(store, "transcr") == [job.id]
    assert await find(store, "on") == [job.id]
    assert await find(store, "i") == []
    assert await find(store, '"transcr"') == []


async def test_case_accents_and_the_signs_inside_armenian_words_do_not_matter(store: JobStore) -> None:
    armenian = await spoken(store, "Ինչո՞ւ եք եկել Երևան, բժի՛շկ")
    french = await spoken(store, "L'élève garçon naïf")
    spanish = await spoken(store, "El niño tosió MUCHO")
    for typed in ("ինչու", "ԻՆՉՈՒ", "երեւան", "երեվան", "Երևանում"[:5], "բժիշկ", "բժիշ"):
        assert await find(store, typed) == [armenian.id], typed
    assert await find(store, "eleve garcon NAIF") == [french.id]
    assert await find(store, "élève") == [french.id]
    assert await find(store, "nino tosio mucho") == [spanish.id]


async def test_scripts_without_spaces_are_found_as_phrases(store: JobStore) -> None:
    chinese = await spoken(store, "患者夜间咳嗽严重")
    hindi = await spoken(store, "रोगी को खांसी है")
    assert await find(store, "咳嗽") == [chinese.id]
    assert await find(store, "嗽咳") == []
    assert await find(store, "खांसी") == [hindi.id]
    assert await find(store, "खस") == []


async def test_phrases_are_found_wherever_they_are_in_a_long_recording(store: JobStore) -> None:
    """PostgreSQL keeps 255 places of a word, and none beyond the 16,383rd."""
    chinese = await spoken(store, "事物" * 9_000 + "咳嗽")
    english = await spoken(store, "the dog saw " * 300 + "the contracts of the blue", "house")
    assert await find(store, "咳嗽") == [chinese.id]
    assert await find(store, "事物") == [chinese.id]
    for typed in (
        '"the contracts"',
        '"the dog"',
        '"saw the contracts of the"',
        '"the blue house"',
        '"contracts of" dog',
    ):
        assert await find(store, typed) == [english.id], typed
    for typed in (
        "嗽咳",
        "物咳嗽事",
        '"the house"',
        '"contracts the"',
        '"dog the"',
        '"the contract"',
        '"dog saw blue"',
    ):
        assert await find(store, typed) == [], typed


async def test_the_longest_recording_that_is_indexed_is_stored(store: JobStore) -> None:
    words = [f"{number * 7919 % 100_000:05}" for number in range(INDEXED_BYTES // 6)]
    job = await spoken(store, " ".join(words))
    assert await find(store, words[-1]) == [job.id]


async def test_only_the_places_that_are_named_are_searched(store: JobStore) -> None:
    here = await spoken(store, "cough")
    there = await spoken(store, "cough", channel="C2")
    mine = await spoken(store, "cough", channel="D1", user="U1")
    await spoken(store, "cough", channel="D2", user="U2")
    assert await find(store, "cough", "C1") == [here.id]
    assert await find(store, "cough", "C1", "C2") == [there.id, here.id]
    assert await find(store, "cough", "C9", user="U1") == [mine.id]
    assert await find(store, "cough", "D2", user="U9") == []
    which = SearchFilter("T2", terms("cough"), ("C1", "C2"), "U1")
    assert await store.search(which) == FoundPage(())
    assert await store.search(SearchFilter("T1", terms("cough"))) == FoundPage(())


async def test_only_answered_jobs_are_found(store: JobStore) -> None:
    job = await finishing(store)
    await store.put_transcript(job.id, Transcript((Segment("cough"),)), NOW)
    assert await find(store, "cough") == []


async def test_pages_go_on_where_they_ended(store: JobStore) -> None:
    jobs = [await spoken(store, f"cough number {n}") for n in range(5)]
    which = SearchFilter("T1", terms("cough"), ("C1",), limit=2)
    seen: list[Found] = []
    while True:
        page = await store.search(which)
        seen += page.found
        if page.next is None:
            break
        which = dataclasses.replace(which, before=page.next)
    assert [found.job.id for found in seen] == [job.id for job in reversed(jobs)]


async def test_a_shared_transcript_is_found_where_it_is_shared(store: JobStore) -> None:
    source = await spoken(store, "cough")
    share = await sharing(store, source, "C2")
    again = await sharing(store, share, "C3")
    assert await find(store, "cough", "C2") == [share.id]
    assert await find(store, "cough", "C3") == [again.id]
    source = await replaced(store, source, Transcript((Segment("sneeze"),)))
    assert await find(store, "cough", "C1", "C2", "C3") == []
    assert await find(store, "sneeze", "C2") == [share.id]
    await replaced(store, share, Transcript((Segment("fever"),)))
    await replaced(store, source, Transcript((Segment("cough"),)))
    assert await find(store, "fever", "C2") == [share.id]
    assert await find(store, "cough", "C1", "C2") == [source.id]


async def test_what_was_purged_is_not_found(store: JobStore) -> None:
    old = await spoken(store, "cough", channel="C1")
    share = await sharing(store, old, "C2", NOW + 50)
    await store.purge_job(old.id, NOW)
    assert await find(store, "cough", "C1", "C2") == [share.id]
    await store.purge(NOW + 60 + 30 * 86400, 30)
    assert await find(store, "cough", "C1", "C2") == []


async def test_sealed_content_is_found_the_same_way(sealed: JobStore) -> None:
    first = await spoken(sealed, "Ինչո՞ւ coughs", title="Ward round")
    other = await spoken(sealed, "sneezes", channel="C2")
    share = await sharing(sealed, first, "C2")
    assert await find(sealed, "ինչու cough ward") == [first.id]
    assert await find(sealed, "cough", "C1", "C2") == [share.id, first.id]
    assert await find(sealed, "sneeze", "C1", "C2") == [other.id]
    assert await find(sealed, "sneeze") == []
    await sealed.purge_job(first.id, NOW)
    assert await find(sealed, "cough", "C1", "C2") == [share.id]


async def test_what_does_not_open_hides_nothing_else(reopen: Opener, url: str) -> None:
    if not url.startswith("sqlite"):
        return  # damages the database file
    store = await reopen(KEY)
    older = await spoken(store, "cough")
    broken = await spoken(store, "cough")
    newer = await spoken(store, "cough")
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as db, db:
        db.execute("UPDATE transcript SET body = ? WHERE job_id = ?", (b"\x01damaged", broken.id))
    assert await find(store, "cough") == [newer.id, older.id]


async def test_what_was_stored_before_there_was_a_key_is_found_beside_what_is_sealed(reopen: Opener) -> None:
    store = await reopen()
    plain = await spoken(store, "cough one")
    await store.close()
    store = await reopen(KEY)
    hidden = await spoken(store, "cough two")
    assert await find(store, "cough") == [hidden.id, plain.id]
    page = await store.search(SearchFilter("T1", terms("cough"), ("C1",), limit=1))
    assert [found.job.id for found in page.found] == [hidden.id]
    assert await find(store, "cough", before=page.next) == [plain.id]


async def test_looking_through_sealed_content_is_bounded_and_goes_on_when_asked(sealed: JobStore) -> None:
    assert isinstance(sealed, Store)
    sealed.opened_at_most = 40
    needle = await spoken(sealed, "needle")
    body = Transcript((Segment("hay " * 20),))
    for _ in range(45):
        job, _ = await sealed.add_job(NewJob(origin("U1"), FILE), NOW)
        await sealed.put_transcript(job.id, body, NOW)
    page = await sealed.search(SearchFilter("T1", terms("needle"), ("C1",)))
    assert page.found == ()
    assert page.next is not None
    assert await find(sealed, "needle", before=page.next) == [needle.id]


async def test_deleted_words_are_overwritten_in_the_index(reopen: Opener, url: str) -> None:
    if not url.startswith("sqlite"):
        return  # looks into the database file
    store = await reopen()
    for n in range(40):
        await spoken(store, f"other words {n} of some length")
    job = await spoken(store, "unmistakable")
    await store.close()
    assert b"unmistakable" in _files_of(url)
    store = await reopen()
    await store.purge_job(job.id, NOW)
    await store.close()
    assert b"unmistakable" not in _files_of(url)


async def test_no_word_of_sealed_content_is_in_the_index(reopen: Opener, url: str) -> None:
    if not url.startswith("sqlite"):
        return  # looks into the database file
    store = await reopen(KEY)
    await spoken(store, "unmistakable")
    await store.close()
    assert b"unmistakable" not in _files_of(url)


async def test_use_is_counted_by_day_for_one_person(store: JobStore) -> None:
    await done(store, NOW)
    await done(store, NOW + 10)
    await spoken(store, "x", user="U2")
    days = [NOW - 100, NOW, NOW + 10, NOW + 20]
    assert [(day.seconds, day.recordings) for day in await store.usage("T1", "U1", days)] == [
        (0.0, 0),
        (61.5, 1),
        (61.5, 1),
    ]
    assert [day.recordings for day in await store.usage("T2", "U1", days)] == [0, 0, 0]


WORDS = st.lists(
    st.sampled_from(["cough", "Կարմիր", "é", "咳嗽", "don't", "a1", "ινα", "Straße", "\u00ad"]), max_size=8
)


@given(WORDS, WORDS)
def test_a_text_is_matched_by_its_index_exactly_when_it_is_matched_by_its_words(
    spoken: list[str], typed: list[str]
) -> None:
    transcript = Transcript((Segment(" ".join(spoken)),))
    wanted = terms(" ".join(typed))
    if not wanted:
        return
    connection = sqlite3.connect(":memory:")
    how = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
    connection.execute(f'CREATE VIRTUAL TABLE t USING fts5 (place, words, tokenize="{how}")')
    connection.execute("INSERT INTO t VALUES ('T1xC1', ?)", (" ".join(indexed(transcript)),))
    query = search._fts_query(wanted, ["T1xC1"])
    found = connection.execute("SELECT COUNT(*) FROM t WHERE t MATCH ?", (query,)).fetchone()[0]
    connection.close()
    assert bool(found) == matches(said(transcript), wanted)


HOSTILE = ('C1"', "C1'", '" OR "C1', "' | 'C1", "C1\\", 'C1") OR words : ("cough', "C1' | 'C2", "")


@pytest.mark.parametrize("place", HOSTILE)
async def test_the_name_of_a_place_is_a_name_and_nothing_else(store: JobStore, place: str) -> None:
    await spoken(store, "cough", channel="C1")
    assert await find(store, "cough", place) == []
