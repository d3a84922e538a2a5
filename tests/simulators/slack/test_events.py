"""What happens in the local workspace reaches a stock bolt app, the same over Socket Mode and over HTTP."""

from collections.abc import AsyncIterator

import pytest

from simulators.slack import SlackSimulator
from simulators.slack.file_store import Upload
from tests.simulators.slack.peers import App, connected, new_app, options

WAV = Upload("note.wav", b"RIFF....WAVE")


@pytest.fixture(params=["socket", "http"])
async def app(request: pytest.FixtureRequest) -> AsyncIterator[App]:
    async with SlackSimulator(options()) as slack, connected(new_app(slack), request.param) as app:
        yield app


async def test_one_upload_raises_a_message_with_the_file_and_file_shared(app: App) -> None:
    message = await app.slack.upload_as("U0ALICE", "C0CLINIC", WAV, text="from ward 3")
    assert sorted(await app.settled()) == [("file_shared", None), ("message", "file_share")]
    shared = next(e for e in app.events if e["type"] == "message")
    assert (shared["user"], shared["channel"], shared["ts"]) == ("U0ALICE", "C0CLINIC", message.ts)
    assert (shared["channel_type"], shared["text"], "thread_ts" in shared) == ("channel", "from ward 3", False)
    file = shared["files"][0]
    assert (file["name"], file["size"], file["mimetype"], file["mode"]) == ("note.wav", 12, "audio/wav", "hosted")
    bare = next(e for e in app.events if e["type"] == "file_shared")
    assert (bare["file_id"], bare["file"], bare["channel_id"]) == (file["id"], {"id": file["id"]}, "C0CLINIC")
    assert "files" not in bare


async def test_a_file_may_be_told_eleven_times_with_new_event_ids_and_file_shared_first(app: App) -> None:
    app.slack.delivery.file_order = "file_first"
    await app.slack.upload_as("U0ALICE", "C0CLINIC", WAV, repeats=11)
    await app.settled()
    assert len(app.events) == 22
    assert len({body["event_id"] for body in app.bodies}) == 22
    assert [r.type for r in app.slack.delivery.records][:11] == ["file_shared"] * 11


async def test_a_reply_in_a_thread_carries_the_parents_ts(app: App) -> None:
    root = app.slack.say_as("U0ALICE", "C0CLINIC", "root")
    first = app.slack.say_as("U0BOB", "C0CLINIC", "reply", thread_ts=root.ts)
    again = app.slack.say_as("U0BOB", "C0CLINIC", "reply to the reply", thread_ts=first.ts)
    await app.settled()
    assert again.thread_ts == root.ts
    told = {event["ts"]: event for event in app.events}
    assert (told[first.ts]["thread_ts"], told[first.ts]["parent_user_id"]) == (root.ts, "U0ALICE")


async def test_a_mention_raises_app_mention_in_a_channel_and_not_in_a_direct_message(app: App) -> None:
    app.slack.say_as("U0ALICE", "C0CLINIC", "please <@U0BOT>")
    app.slack.say_as("U0ALICE", "D0ALICE", "please <@U0BOT>")
    assert sorted(t for t, _ in await app.settled()) == ["app_mention", "message", "message"]
    assert {e["channel_type"] for e in app.events if e["type"] == "message"} == {"channel", "im"}


async def test_nothing_is_told_from_a_channel_the_app_is_not_in(app: App) -> None:
    app.slack.say_as("U0ALICE", "C0GENERAL", "<@U0BOT> are you there?")
    await app.slack.upload_as("U0ALICE", "C0GENERAL", WAV)
    assert await app.settled() == []


async def test_joining_a_channel_is_told_and_its_messages_come_from_then_on(app: App) -> None:
    app.slack.people.invite_bot("U0ALICE", "C0GENERAL")
    app.slack.say_as("U0ALICE", "C0GENERAL", "welcome")
    assert sorted(t for t, _ in await app.settled()) == ["member_joined_channel", "message"]
    joined = next(e for e in app.events if e["type"] == "member_joined_channel")
    assert (joined["user"], joined["inviter"], joined["channel_type"]) == ("U0BOT", "U0ALICE", "C")


async def test_edits_and_deletions_are_told_with_what_was_there_before(app: App) -> None:
    message = app.slack.say_as("U0ALICE", "C0CLINIC", "first")
    app.slack.people.edit("U0ALICE", "C0CLINIC", message.ts, "second")
    app.slack.people.delete("U0ALICE", "C0CLINIC", message.ts)
    await app.settled()
    changed = next(e for e in app.events if e.get("subtype") == "message_changed")
    deleted = next(e for e in app.events if e.get("subtype") == "message_deleted")
    assert (changed["previous_message"]["text"], changed["message"]["text"]) == ("first", "second")
    assert changed["message"]["edited"]["user"] == "U0ALICE"
    assert (deleted["deleted_ts"], deleted["previous_message"]["text"]) == (message.ts, "second")


async def test_deleting_a_message_deletes_its_file_and_tells_both(app: App) -> None:
    message = await app.slack.upload_as("U0ALICE", "C0CLINIC", WAV)
    await app.settled()
    app.slack.people.delete("U0ALICE", "C0CLINIC", message.ts)
    kinds = (await app.settled())[2:]
    assert sorted(kinds) == [("file_deleted", None), ("message", "message_deleted")]


async def test_a_deleted_root_with_replies_stays_as_a_tombstone(app: App) -> None:
    root = app.slack.say_as("U0ALICE", "C0CLINIC", "root")
    app.slack.say_as("U0BOB", "C0CLINIC", "reply", thread_ts=root.ts)
    app.slack.people.delete("U0ALICE", "C0CLINIC", root.ts)
    await app.settled()
    changed = next(e for e in app.events if e.get("subtype") == "message_changed")
    assert changed["message"]["subtype"] == "tombstone"
    assert changed["previous_message"]["text"] == "root"


async def test_the_apps_own_message_comes_back_with_its_bot_id_and_metadata(app: App) -> None:
    metadata = {"event_type": "threadscribe_reply", "event_payload": {"job": "j1"}}
    await app.bolt.client.chat_postMessage(channel="C0CLINIC", text="done", metadata=metadata)
    await app.settled()
    (event,) = app.events
    assert (event["user"], event["bot_id"], event["app_id"]) == ("U0BOT", "B0BOT", "A0LOCAL")
    assert event["metadata"] == metadata
    assert "subtype" not in event


async def test_an_event_is_wrapped_as_slack_wraps_it(app: App) -> None:
    app.slack.say_as("U0ALICE", "C0CLINIC", "hello")
    await app.settled()
    (body,) = app.bodies
    assert (body["type"], body["team_id"], body["api_app_id"]) == ("event_callback", "T0LOCAL", "A0LOCAL")
    assert body["authorizations"][0]["user_id"] == "U0BOT"
    assert body["event_id"].startswith("Ev")


async def test_special_files_show_in_events_as_slack_shows_them(app: App) -> None:
    await app.slack.upload_as(
        "U0ALICE",
        "C0CLINIC",
        Upload("drive.mp3", mode="external"),
        Upload("old.mp3", mode="hidden_by_limit"),
        Upload("gone.mp3", mode="tombstone"),
        Upload("partner.mp3", b"x", connect=True),
        Upload("audio_message.m4a", b"x", subtype="slack_audio", mimetype=""),
    )
    await app.settled()
    external, hidden, gone, partner, clip = next(e["files"] for e in app.events if e["type"] == "message")
    assert (external["is_external"], external["mode"], "url_private_download" in external) == (True, "external", False)
    assert (hidden["mode"], "name" in hidden) == ("hidden_by_limit", False)
    assert gone == {"id": gone["id"], "mode": "tombstone"}
    assert (partner["file_access"], "url_private" in partner) == ("check_file_info", False)
    assert (clip["subtype"], clip["mimetype"]) == ("slack_audio", "")
    whole = (await app.bolt.client.files_info(file=partner["id"]))["file"]
    assert whole["name"] == "partner.mp3"


async def test_losing_the_token_is_told_and_later_calls_fail(app: App) -> None:
    app.slack.uninstall()
    assert sorted(t for t, _ in await app.settled()) == ["app_uninstalled", "tokens_revoked"]
    app.slack.say_as("U0ALICE", "C0CLINIC", "anybody?")
    assert len(await app.settled()) == 2


async def test_reactions_are_told_only_to_an_app_that_subscribed_and_may_read_them(app: App) -> None:
    message = app.slack.say_as("U0ALICE", "C0CLINIC", "nice")
    app.slack.people.react("U0BOB", "C0CLINIC", message.ts, "tada")
    assert await app.settled() == [("message", None)]
    app.slack.feed.events.add("reaction_added")
    app.slack.reinstall([*app.slack.tokens.bot.scopes, "reactions:read"])
    app.slack.people.react("U0ALICE", "C0CLINIC", message.ts, "tada")
    assert (await app.settled())[-1] == ("reaction_added", None)


async def test_a_message_is_not_told_without_the_history_scope(app: App) -> None:
    app.slack.tokens.rescope(["chat:write", "im:history"])
    app.slack.say_as("U0ALICE", "C0CLINIC", "not for you")
    app.slack.say_as("U0ALICE", "D0ALICE", "for you")
    await app.settled()
    assert [e["channel"] for e in app.events] == ["D0ALICE"]


async def test_events_can_be_held_back_dropped_and_let_go(app: App) -> None:
    app.slack.delivery.flow = "drop"
    app.slack.say_as("U0ALICE", "C0CLINIC", "lost")
    app.slack.delivery.flow = "hold"
    app.slack.say_as("U0ALICE", "C0CLINIC", "held")
    assert await app.settled() == []
    app.slack.delivery.resume()
    await app.settled()
    assert [e["text"] for e in app.events] == ["held"]
