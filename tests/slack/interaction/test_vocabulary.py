"""Names, jargon and replacements of a channel and of the workspace: by command and in the settings window."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.vocabulary import Replacement, StoredVocabulary, Vocabulary
from bot.ports.store import AuditFilter, ChannelSettings
from bot.slack.command.words import read_pair
from bot.slack.settings.form import SPEAKERS
from bot.slack.settings.vocabulary_fields import CHANNEL_WORDS, WORKSPACE_WORDS
from simulators.slack.wire import Json
from tests.slack.interaction.offers import OFFERS
from tests.slack.interaction.test_commands import answer
from tests.slack.interaction.test_permissions import CLINIC, modal
from tests.slack.interaction.test_settings import blocks_of, chosen, entered
from tests.support.harnesses.slack import Workplace, workplace

BOB, ADMIN = "U0BOB", "U0ALICE"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    async with workplace(tmp_path, offers=OFFERS) as found:
        yield found


async def kept(place: Workplace, channel: str = CLINIC) -> Vocabulary:
    found = await place.store.vocabulary("T0LOCAL", channel)
    return found.channel.vocabulary if channel else found.workspace.vocabulary


def lines(**texts: str) -> Json:
    blocks = {"channel": CHANNEL_WORDS, "workspace": WORKSPACE_WORDS}
    return {blocks[name]: {blocks[name]: {"value": text}} for name, text in texts.items()}


async def test_words_are_added_replaced_listed_and_removed_by_command(place: Workplace) -> None:
    assert "No names and jargon are set" in await answer(place, "words", BOB)
    said = await answer(place, "words add Hakobyan, amoxicillin", BOB)
    assert "Added for this channel: Hakobyan, amoxicillin" in said
    assert "Local engine is given up to 3 of these words" in said
    said = await answer(place, 'words replace "a mocks a sillin" "amoxicillin"', BOB)
    assert "“amoxicillin” where “a mocks a sillin” is heard" in said
    assert await kept(place) == Vocabulary(
        ("Hakobyan", "amoxicillin"), (Replacement("a mocks a sillin", "amoxicillin"),)
    )
    assert "already" in await answer(place, "words add Hakobyan", BOB)
    listed = await answer(place, "words list")
    assert "Hakobyan, amoxicillin" in listed
    assert "“a mocks a sillin” → “amoxicillin”" in listed
    said = await answer(place, "words remove HAKOBYAN, a mocks a sillin, Petrosyan", BOB)
    assert "Removed for this channel: HAKOBYAN, a mocks a sillin." in said
    assert "This channel has no such entry: Petrosyan" in said
    assert await kept(place) == Vocabulary(("amoxicillin",))


async def test_changes_are_in_the_audit_log_without_the_words(place: Workplace) -> None:
    await answer(place, "words add Hakobyan", BOB)
    await answer(place, "words workspace add Xosum", ADMIN)
    found = await place.store.audit(AuditFilter())
    assert [(each.actor, each.action.value, each.channel_id) for each in found] == [
        (BOB, "vocabulary_changed", CLINIC),
        (ADMIN, "vocabulary_changed", ""),
    ]
    assert dict(found[0].details) == {"words": "0 -> 1", "replacements": "0 -> 0"}
    assert "Hakobyan" not in str(found)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("words add", "Tell me which names or terms"),
        ("words remove", "Tell me which to remove"),
        ("words replace mocks", "Tell me what is heard, and what to write"),
        ("words add ***", "has no letter or digit in it"),
        (f"words add {'x' * 61}", "has at most 60 characters"),
        ("words replace a mocks ->", "Nothing is said to be written"),
        (f"words add {','.join(f'name{n}' for n in range(101))}", "more than 100 names and terms"),
        ("words delete Hakobyan", "not `delete`"),
    ],
)
async def test_bad_input_is_answered_with_what_to_do(place: Workplace, typed: str, said: str) -> None:
    assert said in await answer(place, typed, BOB)
    assert not await kept(place)


async def test_words_of_the_workspace_are_for_its_admins_and_apply_everywhere(place: Workplace) -> None:
    assert "Only workspace admins" in await answer(place, "words workspace add Xosum", BOB)
    assert "Added for the whole workspace: Xosum" in await answer(place, "words workspace add Xosum", ADMIN)
    assert await kept(place, "") == Vocabulary(("Xosum",))
    assert "Xosum" in await answer(place, "words", BOB, channel="D0BOB")
    assert not await kept(place)


async def test_who_may_not_change_the_settings_may_not_change_the_words(place: Workplace) -> None:
    place.slack.workspace.users[BOB].is_guest = True
    assert "Guests cannot change them" in await answer(place, "words add Hakobyan", BOB)
    assert not await kept(place)


async def test_who_is_not_in_the_conversation_sees_none_of_its_words(place: Workplace) -> None:
    await answer(place, "words add Hakobyan", ADMIN)
    place.slack.workspace.channels[CLINIC].members.remove(BOB)
    assert "not in this conversation" in await answer(place, "words", BOB)


async def test_what_a_service_takes_is_said_and_what_it_is_not_given(place: Workplace) -> None:
    said = await answer(place, "words add one, two, three, four", BOB)
    assert "Local engine takes 3 words, so it is not given: one" in said
    await place.store.put_channel_settings("T0LOCAL", CLINIC, ChannelSettings("xosum"))
    assert "Xosum takes no names and jargon" in await answer(place, "words", BOB)


async def test_the_settings_window_has_the_list_of_the_channel_and_saves_it(place: Workplace) -> None:
    await answer(place, "words add Hakobyan", BOB)
    await answer(place, "words workspace add Petrosyan", ADMIN)
    view = await modal(place, CLINIC, BOB)
    assert CHANNEL_WORDS in blocks_of(view)
    assert WORKSPACE_WORDS not in blocks_of(view)
    assert "Hakobyan" in str(view.body)
    assert "For the whole workspace also: Petrosyan" in str(view.body)
    written = lines(channel="Hakobyan\nXosum\nzoom some -> Xosum", workspace="forged")
    assert await place.slack.submit_as(BOB, entered() | written) == {}
    assert await kept(place) == Vocabulary(("Hakobyan", "Xosum"), (Replacement("zoom some", "Xosum"),))
    assert await kept(place, "") == Vocabulary(("Petrosyan",))  # a field that Bob's window did not have
    await modal(place, CLINIC, BOB)
    assert await place.slack.submit_as(BOB, entered() | lines(channel="")) == {}
    assert not await kept(place)


async def test_an_admins_window_has_the_list_of_the_workspace_too(place: Workplace) -> None:
    view = await modal(place, CLINIC, ADMIN)
    assert WORKSPACE_WORDS in blocks_of(view)
    assert await place.slack.submit_as(ADMIN, entered() | lines(channel="", workspace="Petrosyan")) == {}
    assert await kept(place, "") == Vocabulary(("Petrosyan",))


async def test_a_wrong_entry_keeps_the_window_open_and_nothing_is_saved(place: Workplace) -> None:
    await modal(place, CLINIC, BOB)
    faults = await place.slack.submit_as(BOB, entered("nabla") | lines(channel="Hakobyan\n***"))
    assert "has no letter or digit" in faults[CHANNEL_WORDS]
    assert not await kept(place)
    assert (await place.store.channel_settings("T0LOCAL", CLINIC)).provider == ""


async def test_a_change_that_somebody_else_made_meanwhile_is_not_overwritten(place: Workplace) -> None:
    await modal(place, CLINIC, BOB)
    await answer(place, "words add Hakobyan", ADMIN)
    faults = await place.slack.submit_as(BOB, entered() | lines(channel="Xosum"))
    assert "Somebody has changed this list meanwhile" in faults[CHANNEL_WORDS]
    assert await kept(place) == Vocabulary(("Hakobyan",))


async def test_the_fields_follow_the_service(place: Workplace) -> None:
    view = await modal(place, CLINIC, BOB)
    assert f"{SPEAKERS}.-" in blocks_of(view)
    values = entered("xosum") | lines(channel="")
    await place.slack.act_as(BOB, view, "settings_service", **chosen("xosum"), values=values)
    await place.slack.until(lambda: "Xosum takes no names and jargon" in str(view.body))
    assert not [block for block in blocks_of(view) if block.startswith(SPEAKERS)]
    assert CHANNEL_WORDS in blocks_of(view)


async def test_a_channel_chooses_how_speakers_are_told_apart(place: Workplace) -> None:
    view = await modal(place, CLINIC, BOB)
    assert "Default (detect how many people speak)" in str(view.body)
    for value in ("none", "4", "-"):
        assert await place.slack.submit_as(BOB, entered() | {f"{SPEAKERS}.-": {SPEAKERS: chosen(value)}}) == {}
        found = await place.store.channel_settings("T0LOCAL", CLINIC)
        assert found.speaker_detection == ("" if value == "-" else value)
        view = await modal(place, CLINIC, BOB)
    await place.store.put_channel_settings("T0LOCAL", CLINIC, replace(ChannelSettings(), speaker_detection="2"))
    await modal(place, CLINIC, BOB)
    assert await place.slack.submit_as(BOB, entered("xosum")) == {}
    assert (await place.store.channel_settings("T0LOCAL", CLINIC)).speaker_detection == ""


@pytest.mark.parametrize(
    ("typed", "pair"),
    [
        ('"a mocks" "amox"', ("a mocks", "amox")),
        ("“a mocks” “amox”", ("a mocks", "amox")),
        ("«a mocks» -> «amox»", ("a mocks", "amox")),
        ("a mocks -> amox", ("a mocks", "amox")),
        ("'a mocks' → amox", ("a mocks", "amox")),
        ("a mocks amox", None),
        ('"a mocks"', None),
    ],
)
def test_both_sides_are_read_however_they_are_quoted(typed: str, pair: tuple[str, str] | None) -> None:
    assert read_pair(typed) == pair


async def test_a_long_list_is_shown_whole(place: Workplace) -> None:
    words = tuple(f"& {number} &" * 3 for number in range(100))
    await place.store.put_vocabulary("T0LOCAL", CLINIC, StoredVocabulary(Vocabulary(words), 1, BOB, 1.0))
    shown = await answer(place, "words", BOB)
    assert all(f"&amp; {number} &amp;" in shown for number in range(100))
