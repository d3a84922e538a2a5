"""The App Home: what is on it, and that its buttons work."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.ports.store import AuditAction, AuditFilter, DayUse
from bot.slack.home.days import days_of, zone_of
from bot.slack.home.tab import OPEN_SETTINGS, REFRESH_HOME, HomeData, chart
from bot.slack.settings.form import SERVICE
from simulators.slack.faults import Fault
from simulators.slack.records import View
from tests.slack.interaction.offers import OFFERS
from tests.slack.interaction.test_settings import blocks_of, entered
from tests.support.harnesses.slack import Upload, Workplace, spoken, workplace


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    """A running bot with services to choose from."""
    async with workplace(tmp_path, offers=OFFERS) as found:
        yield found


async def home(place: Workplace, user: str = "U0ALICE") -> View:
    """Open the Home and wait for it."""
    before = place.slack.calls("views.publish")
    place.slack.people.open_home(user)
    await place.slack.until(lambda: place.slack.calls("views.publish") > before and user in place.slack.views.homes)
    return place.slack.views.homes[user]


async def test_a_new_person_reads_how_to_begin(place: Workplace) -> None:
    shown = str((await home(place, "U0BOB")).body)
    assert "You have no recordings yet" in shown
    assert "/transcribe search WORDS" in shown
    assert "Nothing was transcribed for you" in shown


async def test_the_tab_of_messages_publishes_nothing(place: Workplace) -> None:
    place.slack.people.open_home("U0ALICE", "messages")
    await place.slack.delivery.settled()
    await home(place, "U0BOB")  # so the event before it was taken
    assert [entry.args["user_id"] for entry in place.slack.ledger.of("views.publish")] == ["U0BOB"]


async def test_it_shows_what_is_under_way_what_was_and_how_much(place: Workplace) -> None:
    transcript = spoken("one", "two")
    _, job = await place.upload(upload=Upload("done.m4a", b"x"))
    await place.answer(await place.replying(job, transcript), transcript)
    await place.upload(upload=Upload("running.m4a", b"x"))
    await place.upload(user="U0BOB", upload=Upload("bobs.m4a", b"x"))
    shown = str((await home(place)).body)
    assert shown.index("Under way") < shown.index("running.m4a") < shown.index("Your last") < shown.index("done.m4a")
    assert "1 recording, 1 min 5 s transcribed" in shown
    assert "█" in shown
    assert "bobs.m4a" not in shown


async def test_it_speaks_its_readers_language(place: Workplace) -> None:
    place.slack.workspace.users["U0ALICE"].locale = "fr-FR"
    await place.upload()
    shown = str((await home(place)).body)
    for said in ("En cours", "Aucun de vos enregistrements", "Réglages de vos canaux", "Pour commencer", "Actualiser"):
        assert said in shown
    assert "chaque enregistrement" in shown
    assert "I transcribe" not in shown


async def test_it_does_not_say_that_nothing_is_under_way_when_something_is(place: Workplace) -> None:
    await place.upload()
    shown = str((await home(place)).body)
    assert "Under way" in shown
    assert "None of your recordings is finished yet" in shown
    assert "Nothing is under way" not in shown


async def test_settings_are_listed_and_opened_and_the_home_follows(place: Workplace) -> None:
    view = await home(place)
    shown = str(view.body)
    assert shown.index("<#G0BOARD>") < shown.index("<#C0CALLS>") < shown.index("<#C0CLINIC>")
    assert "C0GENERAL" not in shown  # the bot is not there
    assert "Our direct messages" in shown
    assert (await place.slack.act_as("U0ALICE", view, OPEN_SETTINGS)).acknowledged

    def filled() -> bool:
        top = place.slack.views.top("U0ALICE")
        return top is not None and SERVICE in blocks_of(top)

    await place.slack.until(filled)
    assert await place.slack.submit_as("U0ALICE", entered("nabla", language="ARMENIAN_AM", start="request")) == {}
    await place.slack.until(lambda: "Nabla  ·  Armenian  ·  on request" in str(view.body))


async def test_refresh_brings_what_came_since(place: Workplace) -> None:
    view = await home(place)
    await place.upload(upload=Upload("later.m4a", b"x"))
    assert "later.m4a" not in str(view.body)
    assert (await place.slack.act_as("U0ALICE", view, REFRESH_HOME)).acknowledged
    await place.slack.until(lambda: "later.m4a" in str(view.body))


async def test_a_silent_slack_leaves_a_home_without_what_is_not_known(place: Workplace) -> None:
    _, job = await place.upload()
    place.slack.fault(Fault("users.conversations", times=None, status=503))
    shown = str((await home(place)).body)
    assert "Slack does not say" in shown
    assert job.id not in shown


def test_a_day_is_the_readers_day() -> None:
    now = datetime(2026, 3, 30, 1, 30, tzinfo=ZoneInfo("Europe/Madrid")).timestamp()
    days = days_of(now, 3, zone_of("Europe/Madrid", 3600))
    assert [day.day for day in days] == [28, 29, 30]
    assert [(b - a).total_seconds() / 3600 for a, b in zip(_stamps(days), _stamps(days)[1:], strict=False)] == [24, 23]
    yerevan = days_of(datetime(2026, 3, 29, 21, tzinfo=UTC).timestamp(), 1, zone_of("Asia/Yerevan", 14400))
    assert yerevan[0].day == 30
    assert days_of(now, 1, zone_of("Not/There", -18000))[0].utcoffset() is not None
    assert zone_of("../etc/passwd", 0) is not None


def _stamps(days: list[datetime]) -> list[datetime]:
    return [datetime.fromtimestamp(day.timestamp(), UTC) for day in days]


def test_the_chart_has_a_line_for_each_day_and_shows_the_least_use() -> None:
    days = days_of(1_800_000_000.0, 4, UTC)
    picture = HomeData(days=days, use=[DayUse(0, 0), DayUse(1, 1), DayUse(3600, 2), DayUse(0.0, 1)])
    lines = chart(picture).split("\n")
    assert [line.split()[-1] for line in lines] == ["–", "s", "h", "s"]
    assert lines[2].count("█") == 20
    assert "▏" in lines[1]
    assert "▏" in lines[3]


async def test_who_reads_their_recordings_there_is_in_the_audit_log_once_a_day(place: Workplace) -> None:
    await home(place, "U0BOB")  # who has none: nothing is read
    await place.upload()
    view = await home(place)
    await home(place)
    shown = place.slack.calls("views.publish")
    assert (await place.slack.act_as("U0ALICE", view, REFRESH_HOME)).acknowledged
    await place.slack.until(lambda: place.slack.calls("views.publish") > shown)
    (entry,) = await place.store.audit(AuditFilter())
    assert (entry.actor, entry.action, entry.origin) == ("U0ALICE", AuditAction.VIEWED, "home")
    assert (entry.team_id, entry.channel_id, dict(entry.details)) == ("T0LOCAL", "", {"list": "home"})
    place.clock.ahead += 86_400
    await home(place)
    assert [each.actor for each in await place.store.audit(AuditFilter())] == ["U0ALICE"] * 2
