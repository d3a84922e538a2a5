"""What conversations do beyond Slack's documentation: ids, lists, refusals, messages that are gone."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from simulators.slack import SlackSimulator
from simulators.slack.file_store import Upload
from simulators.slack.records import BOT_USER, Posting
from simulators.slack.rules.refusals import POST_REFUSALS
from tests.simulators.slack.peers import options
from tests.simulators.slack.reality.downloads import RIFF


def test_ids_of_new_private_conversations_begin_with_c() -> None:
    slack = SlackSimulator(options())
    for kind, letter in (("mpim", "C"), ("private", "C"), ("public", "C"), ("im", "D")):
        made = slack.workspace.create_channel("new", kind, ["U0ALICE", BOT_USER])  # type: ignore[arg-type]  # each kind
        assert made.id.startswith(letter)


async def test_a_file_of_a_direct_message_may_be_left_out_of_the_list(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    await slack.upload_as("U0ALICE", "D0ALICE", Upload("direct.wav", RIFF))
    both = await slack.upload_as("U0ALICE", "D0ALICE", Upload("both.wav", RIFF))
    slack.people.share("U0ALICE", "C0CLINIC", [slack.workspace.files[both.files[0]]])
    assert {file["name"] for file in (await web.files_list())["files"]} == {"direct.wav", "both.wav"}
    slack.options.files_list_skips_ims = True
    assert [file["name"] for file in (await web.files_list())["files"]] == ["both.wav"]


@pytest.mark.parametrize(
    ("posting", "root", "reply"),
    [
        ("restricted", "restricted_action", "restricted_action"),
        ("read_only", "restricted_action_read_only_channel", "restricted_action_read_only_channel"),
        ("non_threadable", "", "restricted_action_non_threadable_channel"),
        ("thread_only", "restricted_action_thread_only_channel", ""),
    ],
)
async def test_a_channel_may_refuse_posts_replies_or_roots(
    slack: SlackSimulator, web: AsyncWebClient, posting: Posting, root: str, reply: str
) -> None:
    parent = slack.say_as("U0ALICE", "C0CLINIC", "parent")
    slack.workspace.channels["C0CLINIC"].posting = posting
    for error, thread in ((root, None), (reply, parent.ts)):
        if error:
            with pytest.raises(SlackApiError, match=f"'{error}'"):
                await web.chat_postMessage(channel="C0CLINIC", text="x", thread_ts=thread)
        else:
            assert (await web.chat_postMessage(channel="C0CLINIC", text="x", thread_ts=thread))["ok"]
    assert {error for error in (root, reply) if error} <= set(POST_REFUSALS)


async def test_a_reply_under_a_message_that_is_gone_is_refused_or_becomes_a_message_of_the_channel(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    gone = slack.say_as("U0ALICE", "C0CLINIC", "gone")
    slack.people.delete("U0ALICE", "C0CLINIC", gone.ts)
    with pytest.raises(SlackApiError, match="thread_not_found"):
        await web.chat_postMessage(channel="C0CLINIC", text="reply", thread_ts=gone.ts)
    slack.options.orphan_replies = "unthreaded"
    posted = await web.chat_postMessage(channel="C0CLINIC", text="reply", thread_ts=gone.ts)
    assert "thread_ts" not in posted["message"]
    assert [message.text for message in slack.messages("C0CLINIC")] == ["reply"]
