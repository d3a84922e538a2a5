"""The settings modal: it opens at once, follows the service, and saves what its fields hold, with who and when."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.configuration import load_settings
from bot.ports.audio import InputLimits
from bot.ports.provider import Capabilities
from bot.ports.store import AuditAction, AuditFilter, ChannelSettings
from bot.slack.settings import texts as words
from bot.slack.settings.form import LANGUAGE, RECORDING, SERVICE, SHOW, START, fault, fitting, form, languages, one_line
from bot.slack.settings.retention import RETENTION, Retention, chosen_days
from bot.slack.settings.services import Services
from bot.text.languages import phrases_of
from simulators.slack.faults import Fault
from simulators.slack.records import View
from simulators.slack.wire import Json, as_list, as_object, as_objects
from tests.slack.interaction.offers import OFFERS
from tests.slack.interaction.test_commands import answer
from tests.slack.interaction.test_permissions import modal
from tests.support.harnesses.slack import Workplace, workplace

SERVICES = Services("xosum", OFFERS)
GIVEN = {"no"} | {  # the names that services give are the same for everybody
    name for each in OFFERS.values() for name in (each.title, *each.languages.values(), *each.recording_types.values())
}


@pytest.fixture(params=["socket", "http"])
async def place(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Workplace]:
    """A running bot with services to choose from, once in each mode."""
    async with workplace(tmp_path, http_mode=request.param == "http", offers=OFFERS) as found:
        yield found


def chosen(value: str) -> Json:
    return {"selected_option": {"value": value, "text": {"type": "plain_text", "text": value}}}


def entered(service: str = "-", **fields: str) -> Json:
    """What the fields hold: the service, and what is named by the field."""
    values: Json = {SERVICE: {SERVICE: chosen(service)}}
    for name, value in fields.items():
        if name == "show":
            options = [{"value": each} for each in value.split()]
            values[SHOW] = {SHOW: {"selected_options": options}}
        elif name == "keep":
            values[RETENTION] = {RETENTION: chosen(value)}
        elif name == "start":
            values[START] = {START: chosen(value)}
        else:
            block = {"language": LANGUAGE, "recording": RECORDING}[name]
            values[f"{block}.{service}"] = {block: chosen(value)}
    return values


def blocks_of(view: View) -> list[str]:
    return [str(block.get("block_id")) for block in as_objects(view.body.get("blocks"))]


def block_of(view: View, name: str) -> Json:
    return next(block for block in as_objects(view.body["blocks"]) if block.get("block_id") == name)


async def choose(place: Workplace, view: View, service: str) -> None:
    """Choose a service with languages, and wait until the fields follow it."""
    assert (await place.slack.act_as("U0ALICE", view, SERVICE, **chosen(service))).acknowledged
    await place.slack.until(lambda: f"{LANGUAGE}.{service}" in blocks_of(view))


async def saved(place: Workplace, channel: str = "C0CLINIC") -> ChannelSettings:
    return await place.store.channel_settings("T0LOCAL", channel)


async def test_the_modal_opens_before_anything_is_looked_up(place: Workplace) -> None:
    held = place.slack.fault(Fault("conversations.info", times=None, hold="before"))
    assert (await place.slack.command_as("U0ALICE", "C0CLINIC", "/transcribe", "settings")).acknowledged
    await place.slack.until(lambda: place.slack.views.top("U0ALICE") is not None)
    view = place.slack.views.top("U0ALICE")
    assert view is not None
    assert "One moment" in str(view.body)
    place.slack.faults.clear()
    await place.slack.until(lambda: SERVICE in blocks_of(view))
    assert held is not None


async def test_what_was_entered_is_saved_with_who_and_when(place: Workplace) -> None:
    view = await modal(place, "C0CLINIC", "U0BOB")
    assert "Nobody has changed these yet" in str(view.body)
    before = place.clock.now()
    values = entered("nabla", language="ARMENIAN_AM", start="request", show="speakers")
    assert await place.slack.submit_as("U0BOB", values) == {}
    found = await saved(place)
    assert found == ChannelSettings("nabla", "ARMENIAN_AM", "", False, True, False, "U0BOB", found.changed_at)
    assert before <= found.changed_at <= place.clock.now()
    assert place.slack.views.top("U0BOB") is None
    again = str((await modal(place, "C0CLINIC", "U0ALICE")).body)
    assert "Last changed by <@U0BOB>, <!date^" in again
    assert "'value': 'ARMENIAN_AM'" in again


async def test_how_long_transcripts_are_kept_is_chosen_and_audited(place: Workplace) -> None:
    view = await modal(place, "C0CLINIC", "U0BOB")
    assert "Default (30 days)" in str(view.body)
    assert await place.slack.submit_as("U0BOB", entered(keep="7")) == {}
    found = await saved(place)
    assert found.retention_days == 7
    (entry,) = await place.store.audit(AuditFilter(channel_id="C0CLINIC"))
    assert (entry.action, entry.actor) == (AuditAction.SETTINGS_CHANGED, "U0BOB")
    assert entry.details == {"retention_days": "None -> 7"}
    shown = as_object(block_of(await modal(place, "C0CLINIC", "U0ALICE"), RETENTION)["element"])
    assert as_object(shown["initial_option"])["value"] == "7"
    assert await place.slack.submit_as("U0ALICE", entered(show="speakers")) == {}  # without the field nothing changes
    assert (await saved(place)).retention_days == 7
    await modal(place, "C0CLINIC", "U0ALICE")
    assert await place.slack.submit_as("U0ALICE", entered(keep="-")) == {}
    assert (await saved(place)).retention_days is None


async def test_a_guest_does_not_choose_how_long_transcripts_are_kept(place: Workplace) -> None:
    await modal(place, "C0CLINIC", "U0BOB")
    place.slack.workspace.users["U0BOB"].is_guest = True
    place.clock.ahead += 61  # a yes is remembered for a minute
    assert await place.slack.submit_as("U0BOB", entered(keep="0")) == {}
    assert (await saved(place)).retention_days is None


async def test_the_fields_follow_the_service_and_keep_what_was_entered(place: Workplace) -> None:
    view = await modal(place, "C0CLINIC", "U0ALICE")
    assert f"{LANGUAGE}.-" in blocks_of(view)  # the default here is the local engine
    values = entered("xosum", start="request", show="times")
    acted = await place.slack.act_as("U0ALICE", view, SERVICE, **chosen("xosum"), values=values)
    assert acted.acknowledged
    await place.slack.until(lambda: f"{RECORDING}.xosum" in blocks_of(view))
    assert not [block for block in blocks_of(view) if block.startswith(LANGUAGE)]
    start = next(b for b in as_objects(view.body["blocks"]) if b["block_id"] == START)
    assert as_object(as_object(start["element"])["initial_option"])["value"] == "request"
    assert await place.slack.submit_as("U0ALICE", entered("xosum", recording="phone_call")) == {}
    assert (await saved(place)).recording_type == "phone_call"
    assert (await saved(place)).language == ""


async def test_a_language_is_found_as_it_is_typed(place: Workplace) -> None:
    view = await modal(place, "C0CLINIC", "U0ALICE")

    async def offered(typed: str, service: str = "-") -> list[str]:
        found = await place.slack.interactions.options("U0ALICE", LANGUAGE, f"{LANGUAGE}.{service}", typed, view.id)
        return [str(option["value"]) for option in found]

    assert len(await offered("")) == 100
    assert (await offered(""))[0] == "-"
    assert await offered("armen") == ["hy"]
    assert await offered("HY") == ["hy"]
    assert (await offered("espa", "nabla")) == []
    assert (await offered("spanish", "nabla")) == ["SPANISH_MX", "SPANISH_ES"]
    assert await offered("", "xosum") == ["-"]
    assert await offered("x", "gone") == []


async def test_what_the_service_does_not_offer_is_not_saved(place: Workplace) -> None:
    await choose(place, await modal(place, "C0CLINIC", "U0ALICE"), "nabla")
    faults = await place.slack.submit_as("U0ALICE", entered("nabla", language="KLINGON_QQ"))
    assert "does not offer this language" in faults[f"{LANGUAGE}.nabla"]
    faults = await place.slack.submit_as("U0ALICE", entered("gone"))
    assert "not set up here any more" in faults[SERVICE]
    assert (await saved(place)).changed_by == ""


async def test_direct_messages_have_settings_and_are_always_automatic(place: Workplace) -> None:
    view = await modal(place, "D0ALICE", "U0ALICE")
    assert START not in blocks_of(view)
    assert await place.slack.submit_as("U0ALICE", entered("local", language="hy", show="")) == {}
    found = await saved(place, "D0ALICE")
    assert (found.provider, found.language, found.automatic) == ("local", "hy", True)
    assert (found.speakers, found.timestamps) == (False, False)


async def test_a_trigger_that_came_too_late_is_said(place: Workplace) -> None:
    place.slack.fault(Fault("views.open", error="expired_trigger_id"))
    assert "could not be opened in time" in await answer(place, "settings")


async def test_a_group_message_that_slack_does_not_describe_has_settings_too(place: Workplace) -> None:
    group = place.slack.workspace.create_channel("mpdm-a", "mpim", ["U0ALICE", "U0BOB", "U0BOT"])
    assert SERVICE in blocks_of(await modal(place, group.id, "U0ALICE"))


def test_a_service_that_is_gone_is_shown_as_such_and_must_be_replaced() -> None:
    settings = ChannelSettings(provider="invox", language="es")
    shown = str(form("C1", settings, SERVICES, "", {"channel": "C1"}))
    assert "Invox (not set up any more)" in shown
    assert "not set up any more" in one_line(settings, SERVICES)
    wrong = fault(settings, SERVICES)
    assert wrong is not None
    assert wrong[0] == SERVICE


def test_a_service_that_is_restricted_is_not_said_to_be_gone() -> None:
    services = Services("xosum", OFFERS, lambda name, channel: name != "nabla")
    shown = str(form("C1", ChannelSettings(provider="nabla"), services, "", {"channel": "C1"}))
    assert "Nabla (may not be used here)" in shown
    assert "not set up" not in shown


@pytest.mark.parametrize("locale", ["es", "fr", "hy"])
def test_the_window_is_whole_in_each_language(locale: str) -> None:
    phrases = phrases_of(locale)
    for channel, service, why_not in (("C1", "", ""), ("D1", "nabla", ""), ("C1", "invox", ""), ("C1", "", "no")):
        settings = ChannelSettings(provider=service, changed_by="U1", retention_days=7)
        view = form(channel, settings, SERVICES, why_not, {"channel": channel}, phrases=phrases)
        assert phrases.say(words.TITLE) in str(view["title"])
        said = set(texts_in(view))
        assert not any(text.endswith("…") for text in said)  # nothing is too long for its place
        english = set(texts_in(form(channel, settings, SERVICES, why_not, {"channel": channel})))
        assert said & english <= GIVEN


def texts_in(part: object) -> list[str]:
    """Every text of a view."""
    if isinstance(part, dict):
        own = [str(part["text"])] if isinstance(part.get("text"), str) else []
        return own + [text for each in part.values() for text in texts_in(each)]
    return [text for each in part for text in texts_in(each)] if isinstance(part, list) else []


async def test_the_window_speaks_its_users_language(place: Workplace) -> None:
    place.slack.workspace.users["U0ALICE"].locale = "es-ES"
    view = await modal(place, "C0CLINIC", "U0ALICE")
    shown = str(view.body)
    assert "Ajustes del canal" in shown
    assert "Conservar las transcripciones" in shown
    await choose(place, view, "nabla")
    said = await place.slack.submit_as("U0ALICE", entered("nabla", language="KLINGON"))
    assert "Nabla no ofrece este idioma" in str(said)
    assert "Este canal no tiene nombres ni jerga" in await answer(place, "words")


def test_servers_of_ones_own_are_chosen_by_the_titles_that_they_were_given() -> None:
    cloud = Capabilities(title="OpenAI", accepts=InputLimits(frozenset()))
    cellar = Capabilities(title="Cellar", accepts=InputLimits(frozenset()))
    services = Services("openai", {"openai": cloud, "openai2": cellar})
    shown = str(form("C1", ChannelSettings(provider="openai2"), services, "", {"channel": "C1"}))
    assert "Cellar" in shown
    assert "OpenAI" in shown
    assert "Openai" not in shown
    assert one_line(ChannelSettings(provider="openai2"), services).startswith("Cellar")


def test_a_channel_is_offered_only_what_it_may_use() -> None:
    settings = load_settings({"PROVIDERS_ALLOWED": "xosum, nabla, C0CLINIC:local"}, None)
    services = Services("xosum", OFFERS, settings.allows)
    assert set(services.offered("C0CLINIC")) == {"local"}
    assert set(services.offered("C0OTHER")) == {"xosum", "nabla"}
    assert fault(ChannelSettings(provider="local"), services, "C0CLINIC") is None
    wrong = fault(ChannelSettings(provider="local"), services, "C0OTHER")
    assert wrong is not None
    assert "administrator has restricted it" in wrong[1]
    assert load_settings({}, None).allows("anything", "C0CLINIC")


def test_every_option_fits_slack_and_the_default_comes_first() -> None:
    for service in ("-", *OFFERS):
        found = languages({"block_id": f"{LANGUAGE}.{service}", "value": ""}, SERVICES)
        assert len(found) <= 100
        assert found[0]["value"] == "-"
        for option in found:
            assert 1 <= len(str(as_object(option["text"])["text"])) <= 75
    assert as_list(None) == []


def offered_days(settings: ChannelSettings, retention: Retention) -> list[str]:
    element = as_object(as_object(retention.choice(settings))["element"])
    return [str(option["value"]) for option in as_objects(element["options"])]


def test_nobody_chooses_a_longer_retention_than_the_operator_allows() -> None:
    free, bounded = Retention(30, 0), Retention(30, 90)
    assert offered_days(ChannelSettings(), free) == ["-", "1", "7", "30", "90", "365", "0"]
    assert offered_days(ChannelSettings(), bounded) == ["-", "1", "7", "30", "90"]
    for days in (365, 0):
        own = ChannelSettings(provider="xosum", retention_days=days)
        wrong = fault(own, SERVICES, "C1", bounded)
        assert wrong is not None
        assert wrong[0] == RETENTION
        assert "at most 90 days" in wrong[1]
        assert fault(own, SERVICES, "C1", free) is None
        assert bounded.days(own) == 90  # what was chosen before the operator set a limit
        assert offered_days(own, bounded)[-1] == str(days)  # shown as it is, to be replaced
    assert (bounded.days(ChannelSettings()), free.days(ChannelSettings(retention_days=0))) == (30, 0)


@pytest.mark.parametrize("forged", ["-1", "1e9", "99999999", "٣", "x", ""])
def test_a_forged_retention_leaves_what_was_there(forged: str) -> None:
    body: Json = {"view": {"state": {"values": {RETENTION: {RETENTION: chosen(forged)}}}}}
    assert chosen_days(body, 7) == 7


def test_one_line_says_how_long_where_the_channel_chose() -> None:
    assert "kept" not in one_line(ChannelSettings(), SERVICES)
    assert "transcripts kept 7 days" in one_line(ChannelSettings(retention_days=7), SERVICES)
    assert "transcripts kept until deleted" in one_line(ChannelSettings(retention_days=0), SERVICES)


def test_a_language_that_a_service_without_languages_had_before_hinders_nobody() -> None:
    """There is no field that a sentence about it could stand below."""
    settings = ChannelSettings(provider="xosum", language="hy")
    assert fault(settings, SERVICES) is None
    assert fitting(settings, SERVICES).language == ""
