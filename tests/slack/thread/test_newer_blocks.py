"""Blocks that not every workspace takes: used where Slack takes them, left out and remembered where it does not."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.job import Job
from bot.slack.blockkit.support import ASK_AGAIN_SECONDS
from bot.slack.home.tab import REFRESH_HOME
from simulators.slack.faults import Fault
from simulators.slack.records import Message
from simulators.slack.wire import as_object, as_objects
from tests.slack.interaction.buttons.acts import done, rename
from tests.slack.interaction.test_home import home
from tests.support.harnesses.slack import Upload, Workplace, spoken, workplace

TALK = spoken("Good morning.", "The patient reports no pain.", title="Morning visit", highlights=("No pain.",))
NO_CONTAINERS = ("message/container", "home/container", "home/data_visualization")


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    async with workplace(tmp_path) as found:
        yield found


async def answered(place: Workplace, name: str = "visit.m4a") -> tuple[Message, Job]:
    """The reply to a recording, and its job."""
    message, job = await place.upload(upload=Upload(name, b"\0\0\0\x20ftypM4A " + bytes(2000)))
    job = await place.answer(await place.replying(job, TALK), TALK)
    (reply,) = [each for each in place.ours(message) if "threadscribe_reply" in str(each.metadata)]
    return reply, job


def kinds(reply: Message) -> list[object]:
    """The kinds of a reply's blocks."""
    return [block["type"] for block in reply.blocks]


def refusals(place: Workplace, method: str) -> int:
    """How many calls of a method were refused for what they held."""
    codes = ("invalid_blocks", "invalid_arguments")
    return sum(entry.method == method and entry.error in codes for entry in place.slack.ledger.entries)


async def test_a_transcript_is_folded_below_its_highlights(place: Workplace) -> None:
    reply, job = await answered(place)
    assert kinds(reply) == ["header", "context", "rich_text", "container", "actions"]
    fold = reply.blocks[3]
    assert as_object(fold["title"])["text"] == "Transcript"
    assert fold["is_collapsible"] is True
    assert fold["default_collapsed"] is True
    said = [
        as_object(child["text"])["text"] for child in as_objects(fold["child_blocks"]) if child["type"] == "section"
    ]
    assert " ".join(str(each) for each in said).split() == TALK.text.split()
    assert reply.blocks[0]["block_id"] == f"threadscribe_reply.{job.id}.0.0"
    assert refusals(place, "chat.postMessage") == 0


async def test_where_nothing_stands_above_it_a_transcript_is_not_folded(place: Workplace) -> None:
    message, job = await place.upload()
    bare = replace(TALK, highlights=())
    await place.answer(await place.replying(job, bare), bare)
    (reply,) = [each for each in place.ours(message) if "threadscribe_reply" in str(each.metadata)]
    assert "container" not in kinds(reply)
    assert "rich_text" in kinds(reply)


async def test_a_workspace_without_containers_is_asked_once_a_day(place: Workplace) -> None:
    place.slack.options.refused_blocks = NO_CONTAINERS
    first, _ = await answered(place, "one.m4a")
    second, _ = await answered(place, "two.m4a")
    assert "container" not in kinds(first) + kinds(second)
    assert all("The patient reports no pain." in str(reply.blocks) for reply in (first, second))
    assert refusals(place, "chat.postMessage") == 1
    place.clock.ahead += ASK_AGAIN_SECONDS
    await answered(place, "three.m4a")
    assert refusals(place, "chat.postMessage") == 2
    place.slack.options.refused_blocks = ()
    place.clock.ahead += ASK_AGAIN_SECONDS
    assert "container" in kinds((await answered(place, "four.m4a"))[0])


async def test_a_refusal_for_another_cause_is_not_held_against_the_container(place: Workplace) -> None:
    place.slack.fault(Fault("chat.postMessage", error="invalid_blocks", times=2))
    short, _ = await answered(place, "one.m4a")
    assert "The whole transcript follows" in str(short.blocks)
    assert "container" in kinds((await answered(place, "two.m4a"))[0])


async def test_a_plain_reply_whose_answer_was_lost_is_found_and_not_posted_again(place: Workplace) -> None:
    place.slack.options.refused_blocks = NO_CONTAINERS
    place.slack.fault(Fault("chat.postMessage", cut="after", skip=1))
    reply, _ = await answered(place)
    assert "container" not in kinds(reply)
    assert place.slack.calls("chat.postMessage") == 2  # the refused one, and the one whose answer was lost


@pytest.mark.parametrize("refused", [(), NO_CONTAINERS])
async def test_a_reply_with_other_names_is_edited_in_place_in_the_form_that_is_taken(
    place: Workplace, refused: tuple[str, ...]
) -> None:
    message, _ = await done(place)
    (reply,) = place.ours(message)
    assert "container" in kinds(reply)
    place.slack.options.refused_blocks = refused
    assert await rename(place, message, "Ana", "Ben") == {}
    await place.slack.until(lambda: "*Ana*" in str(reply.blocks))
    assert [each.ts for each in place.ours(message)] == [reply.ts]
    assert ("container" in kinds(reply)) is (not refused)


async def test_a_short_reply_keeps_a_rich_text_because_an_edit_must_not_take_it_away(place: Workplace) -> None:
    message, _ = await done(place)
    (reply,) = place.ours(message)
    place.slack.fault(Fault("chat.update", error="msg_blocks_too_long", times=2))
    assert await rename(place, message, "Ana", "Ben") == {}
    await place.slack.until(lambda: "The whole transcript follows" in str(reply.blocks))
    assert "block_mismatch" not in [entry.error for entry in place.slack.ledger.entries]


async def test_the_home_has_a_drawn_chart_where_slack_takes_it_and_one_of_text_elsewhere(place: Workplace) -> None:
    await answered(place)
    view = await home(place)
    assert "█" in str(view.body)
    published = view.hash
    assert (await place.slack.act_as("U0ALICE", view, REFRESH_HOME)).acknowledged
    await place.slack.until(lambda: view.hash != published)
    assert "█" in str(view.body)
    assert refusals(place, "views.publish") == 1
    place.slack.options.refused_blocks = ()
    place.clock.ahead += ASK_AGAIN_SECONDS
    assert (await place.slack.act_as("U0ALICE", view, REFRESH_HOME)).acknowledged
    await place.slack.until(lambda: "data_visualization" in str(view.body))
    (chart,) = [block for block in as_objects(view.body["blocks"]) if "chart" in block]
    (series,) = as_objects(as_object(chart["chart"])["series"])
    assert [point["value"] for point in as_objects(series["data"])][-2:] == [1.1, 0.0]  # 65 s yesterday, none today
    assert len(as_objects(series["data"])) == 14
