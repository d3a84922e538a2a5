"""The Web API through the stock client and through plain HTTP: tokens, scopes, errors, pages, messages, rate limits."""

import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from simulators.slack import Options, SlackSimulator
from simulators.slack.api.call import page
from simulators.slack.options import LEAST_SCOPES
from simulators.slack.records import BOT_USER
from simulators.slack.wire import Arguments
from tests.simulators.slack.peers import client, options


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(options(scopes=(*LEAST_SCOPES, "channels:join", "reactions:read", "im:read"))) as slack:
        yield slack


async def refused(call: Awaitable[object]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_auth_test_says_who_it_is_and_gives_the_scopes_in_a_header(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    answer = await web.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == ("U0BOT", "B0BOT", "T0LOCAL")
    assert set(answer.headers["x-oauth-scopes"].split(",")) == slack.tokens.bot.scopes


async def test_tokens_are_checked(slack: SlackSimulator) -> None:
    assert await refused(client(slack, "xoxb-wrong").auth_test()) == "invalid_auth"
    assert await refused(client(slack, slack.app_token).auth_test()) == "not_allowed_token_type"
    async with aiohttp.ClientSession() as http, http.post(slack.api_url + "auth.test") as answer:
        assert await answer.json() == {"ok": False, "error": "not_authed"}
    slack.revoke()
    assert await refused(client(slack).auth_test()) == "token_revoked"
    slack.uninstall()
    assert await refused(client(slack).auth_test()) == "account_inactive"
    slack.reinstall()
    assert (await client(slack).auth_test())["ok"]


async def test_an_unknown_method_is_named(web: AsyncWebClient) -> None:
    assert await refused(web.api_call("chat.shout")) == "unknown_method"


@pytest.mark.parametrize(
    ("method", "arguments", "needed"),
    [
        ("chat.postMessage", {"channel": "C0CLINIC", "text": "x"}, "chat:write"),
        ("conversations.history", {"channel": "C0CLINIC"}, "channels:history"),
        ("conversations.history", {"channel": "G0BOARD"}, "groups:history"),
        ("conversations.replies", {"channel": "D0ALICE", "ts": "1.0"}, "im:history"),
        ("conversations.info", {"channel": "G0BOARD"}, "groups:read"),
        ("conversations.list", {"types": "im"}, "im:read"),
        ("conversations.open", {"users": "U0BOB"}, "im:write"),
        ("conversations.join", {"channel": "C0GENERAL"}, "channels:join"),
        ("files.info", {"file": "F1"}, "files:read"),
        ("files.delete", {"file": "F1"}, "files:write"),
        ("reactions.add", {"channel": "C0CLINIC", "timestamp": "1.0", "name": "x"}, "reactions:write"),
        ("users.info", {"user": "U0BOB"}, "users:read"),
    ],
)
async def test_a_missing_scope_is_named_with_what_is_there(
    slack: SlackSimulator, method: str, arguments: Any, needed: str
) -> None:
    slack.tokens.rescope(["commands"])
    with pytest.raises(SlackApiError) as caught:
        await client(slack).api_call(method, params=arguments)
    answer = caught.value.response
    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", needed, "commands")


async def test_conversations_refuse_who_is_not_in_them(slack: SlackSimulator, web: AsyncWebClient) -> None:
    hidden = slack.workspace.create_channel("secret", "private", ["U0ALICE"])
    for channel, error in (
        ("C0GENERAL", "not_in_channel"),
        (hidden.id, "channel_not_found"),
        ("C0NOWHERE", "channel_not_found"),
    ):
        assert await refused(web.chat_postMessage(channel=channel, text="x")) == error
        assert await refused(web.conversations_history(channel=channel)) == error
    slack.workspace.channels["C0CALLS"].archived = True
    assert await refused(web.chat_postMessage(channel="C0CALLS", text="x")) == "is_archived"


async def test_a_message_comes_back_as_it_was_posted(slack: SlackSimulator, web: AsyncWebClient) -> None:
    metadata = {"event_type": "threadscribe_reply", "event_payload": {"job": "j1"}}
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "*bold*"}}]
    posted = await web.chat_postMessage(channel="C0CLINIC", text="fallback", blocks=blocks, metadata=metadata)
    assert posted["message"]["bot_id"] == "B0BOT"
    assert posted["message"]["blocks"][0]["block_id"]
    assert posted["message"]["metadata"] == metadata
    plain = (await web.conversations_history(channel="C0CLINIC"))["messages"][0]
    assert "metadata" not in plain
    whole = (await web.conversations_history(channel="C0CLINIC", include_all_metadata=True))["messages"][0]
    assert whole["metadata"] == metadata
    slack.options.withhold_metadata = True
    withheld = (await web.conversations_history(channel="C0CLINIC", include_all_metadata=True))["messages"][0]
    assert "metadata" not in withheld


@pytest.mark.parametrize("body", ["form", "json"])
async def test_arguments_are_taken_as_a_form_and_as_json(slack: SlackSimulator, body: Any) -> None:
    arguments = {"channel": "C0CLINIC", "text": "hello", "thread_ts": ""}
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        sent: dict[str, Any] = {"data": arguments} if body == "form" else {"json": arguments}
        async with http.post(slack.api_url + "chat.postMessage", **sent) as answer:
            told = await answer.json()
    assert told["ok"]
    assert told.get("warning") == (None if body == "form" else "missing_charset")


async def test_json_is_not_read_by_methods_that_take_forms_only(slack: SlackSimulator) -> None:
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        arguments = {"filename": "a.txt", "length": 3}
        url = slack.api_url + "files.getUploadURLExternal"
        async with http.post(url, json=arguments) as answer:
            assert (await answer.json())["error"] == "invalid_arguments"
        async with http.post(url, data=arguments) as answer:
            assert (await answer.json())["ok"]
        async with http.post(url, data=b"{", headers={"Content-Type": "application/json"}) as answer:
            assert (await answer.json())["error"] == "invalid_json"


async def test_a_token_in_the_form_counts_and_is_not_kept_in_the_ledger(slack: SlackSimulator) -> None:
    sent = {"token": slack.bot_token}
    async with aiohttp.ClientSession() as http, http.post(slack.api_url + "auth.test", data=sent) as answer:
        assert (await answer.json())["ok"]
    (entry,) = slack.ledger.of("auth.test")
    assert (entry.token, entry.args, entry.status) == ("bot", {}, 200)


async def test_threads_have_a_root_and_replies(slack: SlackSimulator, web: AsyncWebClient) -> None:
    root = slack.say_as("U0ALICE", "C0CLINIC", "root")
    for number in range(3):
        await web.chat_postMessage(channel="C0CLINIC", text=str(number), thread_ts=root.ts)
    answer = await web.conversations_replies(channel="C0CLINIC", ts=root.ts)
    assert [m["text"] for m in answer["messages"]] == ["root", "0", "1", "2"]
    assert (answer["messages"][0]["reply_count"], answer["messages"][1]["parent_user_id"]) == (3, "U0ALICE")
    history = (await web.conversations_history(channel="C0CLINIC"))["messages"]
    assert [m["text"] for m in history] == ["root"]
    reply = answer["messages"][1]["ts"]
    alone = await web.conversations_replies(channel="C0CLINIC", ts=reply)
    assert [m["ts"] for m in alone["messages"]] == [reply]
    under_reply = web.chat_postMessage(channel="C0CLINIC", text="x", thread_ts=reply)
    assert await refused(under_reply) == "cannot_reply_to_message"
    nowhere = web.chat_postMessage(channel="C0CLINIC", text="x", thread_ts="1.000000")
    assert await refused(nowhere) == "thread_not_found"
    assert await refused(web.conversations_replies(channel="C0CLINIC", ts="1.000000")) == "thread_not_found"


async def test_a_broadcast_reply_shows_in_the_channel_too(slack: SlackSimulator, web: AsyncWebClient) -> None:
    root = slack.say_as("U0ALICE", "C0CLINIC", "root")
    await web.chat_postMessage(channel="C0CLINIC", text="all", thread_ts=root.ts, reply_broadcast=True)
    history = (await web.conversations_history(channel="C0CLINIC"))["messages"]
    assert [(m["text"], m.get("subtype")) for m in history] == [("all", "thread_broadcast"), ("root", None)]


async def test_history_is_read_in_pages_newest_first_between_two_moments(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    said = [slack.say_as("U0ALICE", "C0CLINIC", str(number)).ts for number in range(7)]
    read, cursor = [], None
    while cursor != "":
        answer = await web.conversations_history(channel="C0CLINIC", limit=3, cursor=cursor)
        read += [m["text"] for m in answer["messages"]]
        cursor = (answer.get("response_metadata") or {}).get("next_cursor", "")
        assert answer["has_more"] is bool(cursor)
    assert read == list("6543210")
    middle = await web.conversations_history(channel="C0CLINIC", oldest=said[2], latest=said[5])
    assert [m["text"] for m in middle["messages"]] == ["4", "3"]
    edges = await web.conversations_history(channel="C0CLINIC", oldest=said[2], latest=said[5], inclusive=True)
    assert [m["text"] for m in edges["messages"]] == ["5", "4", "3", "2"]
    whole = await web.conversations_history(channel="C0CLINIC", oldest="0", latest="9999999999")
    assert len(whole["messages"]) == 7
    assert await refused(web.conversations_history(channel="C0CLINIC", cursor="nonsense")) == "invalid_cursor"
    assert await refused(web.conversations_history(channel="C0CLINIC", limit="many"))  # type: ignore[arg-type]  # what is wrong is tested == "invalid_limit"
    assert await refused(web.conversations_history(channel="C0CLINIC", oldest="soon")) == "invalid_ts_oldest"


async def test_a_thread_in_pages_repeats_its_root(slack: SlackSimulator, web: AsyncWebClient) -> None:
    root = slack.say_as("U0ALICE", "C0CLINIC", "root")
    for number in range(5):
        slack.say_as("U0BOB", "C0CLINIC", str(number), thread_ts=root.ts)
    first = await web.conversations_replies(channel="C0CLINIC", ts=root.ts, limit=4)
    cursor = first["response_metadata"]["next_cursor"]
    second = await web.conversations_replies(channel="C0CLINIC", ts=root.ts, limit=4, cursor=cursor)
    assert [m["text"] for m in first["messages"]] == ["root", "0", "1", "2"]
    assert [m["text"] for m in second["messages"]] == ["root", "3", "4"]
    assert second["has_more"] is False


@given(count=st.integers(0, 40), limit=st.integers(1, 45))
def test_pages_of_any_size_give_every_item_once(count: int, limit: int) -> None:
    read: list[int] = []
    cursor = ""
    while True:
        chosen, cursor = page(range(count), Arguments({"limit": limit, "cursor": cursor}), default=100, most=999)
        read += chosen
        assert len(chosen) <= limit
        if not cursor:
            break
    assert read == list(range(count))


async def test_conversations_are_listed_by_kind_in_pages(web: AsyncWebClient) -> None:
    public = await web.conversations_list()
    assert [c["name"] for c in public["channels"]] == ["clinic-notes", "call-centre", "general"]
    assert [c["is_member"] for c in public["channels"]] == [True, True, False]
    mine = await web.users_conversations(types="public_channel,private_channel,im", limit=2)
    assert mine["response_metadata"]["next_cursor"]
    assert len(mine["channels"]) == 2
    assert await refused(web.conversations_list(types="clubs")) == "invalid_types"
    members = await web.conversations_members(channel="C0CLINIC")
    assert members["members"] == ["U0ALICE", "U0BOB", BOT_USER]
    direct = (await web.conversations_info(channel="D0BOB"))["channel"]
    assert (direct["is_im"], direct["user"]) == (True, "U0BOB")


async def test_joining_opens_a_public_channel(slack: SlackSimulator, web: AsyncWebClient) -> None:
    await web.conversations_join(channel="C0GENERAL")
    assert (await web.chat_postMessage(channel="C0GENERAL", text="hello"))["ok"]
    slack.reinstall(["im:write", "chat:write"])
    opened = await web.conversations_open(users="U0BOB")
    assert opened["channel"]["id"] == "D0BOB"


async def test_a_post_to_a_person_lands_in_their_direct_message(slack: SlackSimulator, web: AsyncWebClient) -> None:
    posted = await web.chat_postMessage(channel="U0BOB", text="hello")
    assert posted["channel"] == "D0BOB"
    by_name = await web.chat_postMessage(channel="#clinic-notes", text="hello")
    assert by_name["channel"] == "C0CLINIC"


async def test_people_are_described(web: AsyncWebClient) -> None:
    assert (await web.users_info(user="U0ALICE"))["user"]["profile"]["real_name"] == "Alice Petrosyan"
    assert {m["id"] for m in (await web.users_list())["members"]} == {"U0ALICE", "U0BOB", "U0BOT", "USLACKBOT"}
    assert await refused(web.users_info(user="U0NOBODY")) == "user_not_found"


async def test_only_the_apps_own_messages_can_be_changed_or_deleted(slack: SlackSimulator, web: AsyncWebClient) -> None:
    theirs = slack.say_as("U0ALICE", "C0CLINIC", "mine")
    assert await refused(web.chat_update(channel="C0CLINIC", ts=theirs.ts, text="x")) == "cant_update_message"
    assert await refused(web.chat_delete(channel="C0CLINIC", ts=theirs.ts)) == "cant_delete_message"
    posted = await web.chat_postMessage(channel="C0CLINIC", text="first")
    await web.chat_update(channel="C0CLINIC", ts=posted["ts"], text="second")
    assert slack.messages("C0CLINIC")[-1].text == "second"
    await web.chat_delete(channel="C0CLINIC", ts=posted["ts"])
    assert await refused(web.chat_delete(channel="C0CLINIC", ts=posted["ts"])) == "message_not_found"


async def test_an_update_with_text_alone_takes_the_blocks_away(slack: SlackSimulator, web: AsyncWebClient) -> None:
    blocks = [{"type": "divider"}]
    posted = await web.chat_postMessage(channel="C0CLINIC", text="x", blocks=blocks)
    message = slack.messages("C0CLINIC")[-1]
    await web.chat_update(channel="C0CLINIC", ts=posted["ts"], blocks=[*blocks, *blocks])
    assert (message.text, len(message.blocks)) == ("x", 2)
    await web.chat_update(channel="C0CLINIC", ts=posted["ts"], text="y")
    assert (message.text, message.blocks) == ("y", [])
    assert await refused(web.chat_update(channel="C0CLINIC", ts=posted["ts"], text="")) == "no_text"


async def test_an_ephemeral_message_is_for_one_person_and_in_no_history(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    await web.chat_postEphemeral(channel="C0CLINIC", user="U0BOB", text="psst")
    assert (await web.conversations_history(channel="C0CLINIC"))["messages"] == []
    assert slack.messages("C0CLINIC")[0].ephemeral_to == "U0BOB"
    outsider = web.chat_postEphemeral(channel="G0BOARD", user="U0BOB", text="psst")
    assert await refused(outsider) == "user_not_in_channel"


async def test_a_permalink_names_the_thread_of_a_reply(slack: SlackSimulator, web: AsyncWebClient) -> None:
    root = slack.say_as("U0ALICE", "C0CLINIC", "root")
    reply = slack.say_as("U0BOB", "C0CLINIC", "reply", thread_ts=root.ts)
    link = (await web.chat_getPermalink(channel="C0CLINIC", message_ts=reply.ts))["permalink"]
    assert link.endswith(f"/archives/C0CLINIC/p{reply.ts.replace('.', '')}?thread_ts={root.ts}&cid=C0CLINIC")


async def test_reactions_are_counted_once(slack: SlackSimulator, web: AsyncWebClient) -> None:
    message = slack.say_as("U0ALICE", "C0CLINIC", "nice")
    where = {"channel": "C0CLINIC", "timestamp": message.ts}
    await web.reactions_add(name="eyes", **where)
    assert await refused(web.reactions_add(name="eyes", **where)) == "already_reacted"
    shown = (await web.reactions_get(channel="C0CLINIC", timestamp=message.ts))["message"]["reactions"]
    assert shown == [{"name": "eyes", "users": ["U0BOT"], "count": 1}]
    await web.reactions_remove(name="eyes", **where)
    assert await refused(web.reactions_remove(name="eyes", **where)) == "no_reaction"
    assert await refused(web.reactions_add(name="NOT A NAME", **where)) == "invalid_name"
    gone = web.reactions_add(name="eyes", channel="C0CLINIC", timestamp="1.0")
    assert await refused(gone) == "message_not_found"


async def test_rate_limits_are_slacks_tiers_when_they_are_on() -> None:
    async with SlackSimulator(Options(rate_limits=True)) as slack:
        web = client(slack)
        begun = time.monotonic()
        allowed, answer = await _until_refused(web.users_list)
        assert 20 <= allowed <= 20 + (time.monotonic() - begun) / 3  # one more every three seconds
        assert (answer.status_code, answer["error"]) == (429, "ratelimited")
        assert 1 <= int(answer.headers["Retry-After"]) <= 4
        begun = time.monotonic()
        allowed, answer = await _until_refused(partial(web.chat_postMessage, channel="C0CLINIC", text="x"))
        assert 3 <= allowed <= 3 + (time.monotonic() - begun)
        assert answer.headers["Retry-After"] in ("1", "2")
        await web.chat_postMessage(channel="C0CALLS", text="another channel has its own second")
        assert len(slack.messages("C0CLINIC")) == allowed


async def _until_refused(call: Callable[[], Awaitable[object]]) -> tuple[int, AsyncSlackResponse]:
    """Repeat a call; how often it was allowed, and the refusal. A slow machine is allowed more of them."""
    for allowed in itertools.count():
        try:
            await call()
        except SlackApiError as refusal:
            return allowed, refusal.response
    raise AssertionError


async def test_the_ledger_keeps_each_call_with_its_arguments_and_outcome(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    await web.chat_postMessage(channel="C0CLINIC", text="hello")
    await refused(web.chat_postMessage(channel="C0NOWHERE", text="hello"))
    first, second = slack.ledger.of("chat.postMessage")
    assert (first.token, first.args["text"], first.status, first.error) == ("bot", "hello", 200, "")
    assert second.error == "channel_not_found"
    assert slack.calls("chat.postMessage") == 2
    assert slack.ledger.strays == []


async def test_a_token_that_goes_elsewhere_is_a_stray(slack: SlackSimulator) -> None:
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    async with aiohttp.ClientSession() as http:
        for url in (f"{slack.elsewhere_url}/a", f"{slack.url}/local/message", f"{slack.url}/nothing"):
            async with http.post(url, headers=headers):
                pass
        async with http.get(f"{slack.elsewhere_url}/without"):
            pass
    assert [entry.method for entry in slack.ledger.strays] == ["/a", "/local/message", "/nothing"]


async def test_a_token_in_an_address_opens_nothing_and_has_leaked(slack: SlackSimulator) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{slack.api_url}auth.test", params={"token": slack.bot_token}) as answer:
            assert (await answer.json())["error"] == "not_authed"
        async with http.post(f"{slack.api_url}auth.test", data={"token": slack.bot_token}) as answer:
            assert (await answer.json())["ok"]
    assert [entry.method for entry in slack.ledger.strays] == ["auth.test"]


async def test_members_are_counted_on_request_only(slack: SlackSimulator, web: AsyncWebClient) -> None:
    assert "num_members" not in (await web.conversations_info(channel="C0CLINIC"))["channel"]
    counted = await web.conversations_info(channel="C0CLINIC", include_num_members=True)
    assert counted["channel"]["num_members"] == 3
    assert "num_members" not in (await web.users_conversations())["channels"][0]


async def test_a_private_message_keeps_the_channels_rules(slack: SlackSimulator, web: AsyncWebClient) -> None:
    slack.workspace.channels["C0CLINIC"].posting = "read_only"
    with pytest.raises(SlackApiError, match="restricted_action_read_only_channel"):
        await web.chat_postEphemeral(channel="C0CLINIC", user="U0ALICE", text="x")


async def test_an_app_of_an_organisation_is_told_so() -> None:
    async with SlackSimulator(options(enterprise_id="E0ORG", org_installed=True)) as slack:
        assert (await client(slack).auth_test())["is_enterprise_install"] is True
