"""Sealing: only the right key, at the right place, opens what was sealed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import StoreError
from storage.seal import Seal, key_id
from tests.storage.content.test_transcripts import SAID
from tests.storage.samples import KEY, NOW, Opener, added

OTHER = bytes(range(1, 33))


@given(st.binary(max_size=2000), st.text(max_size=50))
def test_what_was_sealed_opens_at_its_place(content: bytes, place: str) -> None:
    sealed = Seal([KEY]).encrypt(content, place)
    assert Seal([KEY]).decrypt(sealed, place) == content
    assert Seal().decrypt(Seal().encrypt(content, place), place) == content
    assert Seal([KEY]).decrypt(Seal().encrypt(content, place), place) == content


@given(st.binary(max_size=200), st.data())
def test_a_changed_value_does_not_open(content: bytes, data: st.DataObject) -> None:
    sealed = bytearray(Seal([KEY]).encrypt(content, "t:1"))
    at = data.draw(st.integers(1, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(StoreError):
        Seal([KEY]).decrypt(bytes(sealed), "t:1")
    with pytest.raises(StoreError):
        Seal([KEY]).decrypt(bytes(sealed[:at]), "t:1")


def test_a_value_moved_to_another_row_does_not_open() -> None:
    with pytest.raises(StoreError, match="moved"):
        Seal([KEY]).decrypt(Seal([KEY]).encrypt(b"x", "transcript:a"), "transcript:b")


def test_the_same_content_is_sealed_differently_each_time() -> None:
    seal = Seal([KEY])
    assert len({seal.encrypt(b"x", "t") for _ in range(50)}) == 50


def test_an_older_key_still_opens_after_a_rotation() -> None:
    sealed = Seal([KEY]).encrypt(b"x", "t")
    rotated = Seal([OTHER, KEY])
    assert rotated.decrypt(sealed, "t") == b"x"
    assert rotated.encrypt(b"x", "t")[1:5] == key_id(OTHER)
    with pytest.raises(StoreError, match="another storage key"):
        Seal([OTHER]).decrypt(sealed, "t")


@pytest.mark.parametrize("key", [b"", b"short", bytes(33)])
def test_a_key_of_the_wrong_length_is_refused(key: bytes) -> None:
    with pytest.raises(StoreError, match="32 bytes"):
        Seal([key])


async def test_a_database_is_not_opened_with_the_wrong_key_or_none(reopen: Opener) -> None:
    store = await reopen(KEY)
    job = await added(store)
    await store.put_transcript(job.id, SAID, NOW)
    await store.close()
    for key in (OTHER, None):
        with pytest.raises(StoreError, match="STORAGE_KEY"):
            await reopen(key)
    assert await (await reopen(KEY)).transcript(job.id) == SAID


async def test_a_key_set_later_seals_from_then_on(reopen: Opener) -> None:
    store = await reopen()
    job, later = await added(store), await added(store)
    await store.put_transcript(job.id, SAID, NOW)
    await store.close()
    store = await reopen(KEY)
    await store.put_transcript(later.id, SAID, NOW)
    assert await store.transcript(job.id) == SAID
    assert await store.transcript(later.id) == SAID
