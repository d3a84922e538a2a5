"""OutboxMessage messages, the inbox, channel settings, vocabularies, cursors, the heartbeat."""

from dataclasses import replace

from bot.domain.vocabulary import ConversationVocabulary, Replacement, StoredVocabulary, Vocabulary
from bot.ports.store import ChannelSettings, JobStore, OutboxMessage, Phase
from tests.storage.samples import KEY, NOW, Opener, done

DAY = 86400.0
MESSAGE = OutboxMessage("reply:abc", "abc", "C1", "1.0", Phase.INTENT, NOW)


async def test_a_message_of_ours_is_replaced_by_its_key(store: JobStore) -> None:
    assert await store.outbox_message(MESSAGE.key) is None
    await store.update_outbox(MESSAGE)
    assert await store.outbox_message(MESSAGE.key) == replace(MESSAGE, revision=1)
    posted = replace(MESSAGE, phase=Phase.POSTED, ts="5.5", file_id="F9", verify_at=NOW + 60, revision=1)
    await store.update_outbox(posted)
    assert await store.outbox_message(MESSAGE.key) == replace(posted, revision=2)


async def test_messages_are_verified_when_their_time_has_come_earliest_first(store: JobStore) -> None:
    await store.update_outbox(MESSAGE)
    for i in (3, 1, 2):
        await store.update_outbox(replace(MESSAGE, key=f"k{i}", verify_at=NOW + i))
    assert await store.outbox_to_verify(NOW) == []
    assert [m.key for m in await store.outbox_to_verify(NOW + 2)] == ["k1", "k2"]
    assert [m.key for m in await store.outbox_to_verify(NOW + 9, limit=1)] == ["k1"]


async def test_a_push_is_kept_once_and_found_by_reference_in_order(sealed: JobStore) -> None:
    store = sealed
    assert await store.put_inbox("hook", "k1", "r1", b"one\x00\xff", NOW, NOW)
    assert not await store.put_inbox("hook", "k1", "r1", b"again", NOW, NOW)
    assert await store.put_inbox("hook", "k2", "r1", b"", NOW, NOW)
    assert await store.put_inbox("file", "k1", "r1", b"other kind", NOW, NOW)
    items = await store.inbox_for("hook", "r1")
    assert [(i.kind, i.key, i.ref, i.payload) for i in items] == [
        ("hook", "k1", "r1", b"one\x00\xff"),
        ("hook", "k2", "r1", b""),
    ]
    assert not await store.inbox_for("hook", "r2")


async def test_the_inbox_gives_what_is_due(store: JobStore) -> None:
    for i in (3, 1, 2):
        await store.put_inbox("file", f"k{i}", "", b"x", NOW, NOW + i)
    assert [i.key for i in await store.inbox_due("file", NOW + 2)] == ["k1", "k2"]
    assert [i.key for i in await store.inbox_due("file", NOW + 9, limit=1)] == ["k1"]
    assert not await store.inbox_due("hook", NOW + 9)


async def test_a_used_push_is_still_known_as_a_repeat_for_a_day(store: JobStore) -> None:
    await store.put_inbox("hook", "k1", "r1", b"x", NOW, NOW)
    await store.drop_inbox((await store.inbox_for("hook", "r1"))[0].id)
    assert not await store.inbox_for("hook", "r1")
    assert not await store.inbox_due("hook", NOW + 1)
    assert not await store.put_inbox("hook", "k1", "r1", b"x", NOW + DAY - 1, NOW)
    assert await store.put_inbox("hook", "k1", "r1", b"x", NOW + DAY + 1, NOW)


async def test_a_webhook_nobody_used_is_purged_after_a_day_or_with_its_job(store: JobStore) -> None:
    await store.put_inbox("hook", "old", "r1", b"x", NOW, NOW)
    await store.put_inbox("hook", "new", "r1", b"x", NOW + 10, NOW)
    await store.purge(NOW + 5 + DAY, None)  # also where content is kept
    assert [i.key for i in await store.inbox_for("hook", "r1")] == ["new"]
    job = await done(store)
    assert job.remote is not None
    ref = f"xosum:{job.remote.ref}"
    await store.put_inbox("hook", "mine", ref, b"x", NOW + 10, NOW)
    await store.purge_job(job.id, NOW)
    assert not await store.inbox_for("hook", ref)
    assert await store.inbox_for("hook", "r1")


async def test_a_channel_has_defaults_until_somebody_chooses(store: JobStore) -> None:
    assert await store.channel_settings("T1", "C1") == ChannelSettings()
    chosen = ChannelSettings("xosum", "hy", "phone_call", False, False, False, "U1", NOW)
    await store.put_channel_settings("T1", "C1", chosen)
    assert await store.channel_settings("T1", "C1") == chosen
    assert await store.channel_settings("T2", "C1") == ChannelSettings()
    await store.put_channel_settings("T1", "C1", ChannelSettings(provider="local"))
    assert await store.channel_settings("T1", "C1") == ChannelSettings(provider="local")


async def test_a_vocabulary_is_of_a_channel_or_of_the_workspace_and_no_change_is_lost(store: JobStore) -> None:
    assert await store.vocabulary("T1", "C1") == ConversationVocabulary("C1")
    shared = StoredVocabulary(Vocabulary(("Hakobyan",)), 1, "U1", NOW)
    own = StoredVocabulary(Vocabulary(("Xosum",), (Replacement("zoom some", "Xosum"),)), 1, "U2", NOW + 1)
    assert await store.put_vocabulary("T1", "", shared)
    assert await store.put_vocabulary("T1", "C1", own)
    assert await store.vocabulary("T1", "C1") == ConversationVocabulary("C1", shared, own)
    assert await store.vocabulary("T1", "C2") == ConversationVocabulary("C2", shared)
    assert await store.vocabulary("T2", "C1") == ConversationVocabulary("C1")
    assert not await store.put_vocabulary("T1", "C1", own)  # somebody else has changed it meanwhile
    later = replace(own, vocabulary=Vocabulary(), revision=2)
    assert await store.put_vocabulary("T1", "C1", later)
    assert await store.vocabulary("T1", "C1") == ConversationVocabulary("C1", shared, later)


async def test_a_cursor_mark_moves(store: JobStore) -> None:
    assert await store.cursor("C1") == ""
    await store.put_cursor("C1", "1.5")
    await store.put_cursor("C1", "2.5")
    assert await store.cursor("C1") == "2.5"
    assert await store.cursor("C2") == ""


async def test_cursors_are_found_by_how_their_names_begin(store: JobStore) -> None:
    """Also on a PostgreSQL whose texts are in the order of a language, as its images make them."""
    for name in ("history:T1:", "history:T1:C1", "history:T1:c2", "history:T10:C1", "history;T1:C1", "History:T1:C1"):
        await store.put_cursor(name, "1")
    assert set(await store.cursors("history:T1:")) == {"history:T1:", "history:T1:C1", "history:T1:c2"}


async def test_who_acted_in_a_group_message_is_forgotten_after_a_day(store: JobStore) -> None:
    await store.put_cursor("acted:T1:G1:U1", f"{NOW:.6f}")
    await store.put_cursor("acted:T1:G1:U2", f"{NOW + 1:.6f}")
    await store.put_cursor("catchup:T1:G1", f"{NOW:.6f}")
    await store.purge(NOW + 86_400.5, None)
    assert await store.cursor("acted:T1:G1:U1") == ""
    assert await store.cursor("acted:T1:G1:U2")
    assert await store.cursor("catchup:T1:G1")


async def test_the_heartbeat_can_be_written_and_read(store: JobStore) -> None:
    await store.ping()
    await store.ping()


async def test_everything_is_there_after_closing_and_opening_again(reopen: Opener) -> None:
    first = await reopen(KEY)
    job = await done(first)
    await first.put_inbox("hook", "k", "r", b"payload", NOW, NOW)
    await first.close()
    again = await reopen(KEY)
    assert await again.job(job.id) == job
    assert [i.payload for i in await again.inbox_for("hook", "r")] == [b"payload"]
