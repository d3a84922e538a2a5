"""When an account is parked, which accounts there can be, and what the doctor says of them."""

import pytest

from bot.domain.errors import Misconfigured, RateLimited, WebhookRefused
from bot.http import Http
from bot.ports.provider import WebhookRequest
from simulators.openai import OpenAISettings, OpenAISimulator
from simulators.openai.dialects import DialectName
from tests.providers.openai.account import NAMES, Serve, build
from tests.providers.peers import StillClock

# the account


async def test_a_wrong_key_parks_the_account_and_is_not_repeated_in_words(serving: Serve) -> None:
    async with serving() as account:
        account.sim.settings.api_key = "sk-another"
        with pytest.raises(Misconfigured, match="OPENAI_API_KEY") as caught:
            await account.transcribe()
        assert caught.value.account == "openai"
        assert "sk-" not in caught.value.detail
        [reached] = [one for one in await account.provider.check() if not one.ok]
        assert "OPENAI_API_KEY" in reached.remedy


async def test_no_quota_parks_the_account_and_is_tried_again_later(serving: Serve) -> None:
    async with serving() as account:
        account.sim.fault("insufficient_quota", "transcribe")
        remote = await account.begin()
        with pytest.raises(Misconfigured, match="no quota left"):
            await account.provider.poll(remote, "")
        assert not all(one.ok for one in await account.provider.check())
        account.clock.advance(901)
        assert all(one.ok for one in await account.provider.check())
        assert len((await account.finish(remote)).segments) == 2


@pytest.mark.parametrize(("form", "wait"), [("seconds", 7.0), ("date", 7.0), ("missing", 20.0)])
async def test_a_429_holds_the_account_for_as_long_as_it_says(serving: Serve, form: str, wait: float) -> None:
    async with serving("groq") as account:
        account.sim.fault("audio_seconds", "transcribe", retry_after=form, seconds=7)
        remote = await account.begin()
        with pytest.raises(RateLimited) as caught:
            await account.provider.poll(remote, "")
        assert caught.value.retry_after == pytest.approx(wait, abs=1.5)
        assert len((await account.finish(remote)).segments) == 2
        assert (len(account.billed), account.sim.violations) == (1, [])


async def test_a_model_that_is_not_there_parks_the_account(serving: Serve) -> None:
    async with serving("speaches", installed_models=("other",), absent_model="refuse") as account:
        with pytest.raises(Misconfigured, match=r"not installed locally.*OPENAI_MODEL"):
            await account.transcribe()


async def test_the_first_call_of_a_model_may_take_its_time(serving: Serve) -> None:
    async with serving("speaches", installed_models=("other",), download_seconds=0.3) as account:
        assert len((await account.transcribe()).segments) == 2


# accounts and doctor


async def test_several_servers_are_accounts_of_their_own(serving: Serve, http: Http, clock: StillClock) -> None:
    async with serving("openai") as account:
        cellar = OpenAISettings(dialect="speaches", api_key="", model="small")
        async with OpenAISimulator(cellar, now=clock) as sim:
            second = {name.replace("OPENAI_", "OPENAI2_"): value for name, value in sim.environment().items()}
            both = {**account.environment, **second, "PROVIDER": "openai", "OPENAI2_TITLE": "Cellar"}
            provider = build(both, http, clock, account.store, account.source.parent, "openai2")
            assert (provider.name, provider.account, provider.capabilities.title) == ("openai2", "openai2", "Cellar")
            sim.settings.absent_model, sim.settings.installed_models = "refuse", ("other",)
            account.provider = provider
            with pytest.raises(Misconfigured, match="OPENAI2_MODEL") as caught:
                await account.transcribe()
            assert caught.value.account == "openai2"


@pytest.mark.parametrize("dialect", NAMES)
async def test_doctor_finds_a_working_server_well_and_bills_nothing(serving: Serve, dialect: DialectName) -> None:
    async with serving(dialect) as account:
        findings = await account.provider.check()
        assert all(one.ok for one in findings)
        assert any(one.subject.endswith("connection") for one in findings)
        assert account.billed == []
        assert account.sim.violations == []


async def test_doctor_names_a_model_that_is_not_there(serving: Serve) -> None:
    async with serving("openai", {"OPENAI_MODEL": "whisper-2"}) as account:
        [bad] = [one for one in await account.provider.check() if not one.ok]
        assert (bad.subject, bad.detail) == ("OpenAI: model", "whisper-2 is not there")
        assert "whisper-1" in bad.remedy
    async with serving("speaches", {"OPENAI_MODEL": "large"}) as account:
        assert all(one.ok for one in await account.provider.check())  # it may be downloaded when it is asked for


async def test_doctor_says_when_nothing_answers_or_something_else_does(serving: Serve) -> None:
    async with serving() as account:
        account.sim.fault("html", "models")
        assert [one.ok for one in await account.provider.check()] == [False]
        await account.sim.stop()
        [bad] = await account.provider.check()
        assert "OPENAI_BASE_URL" in bad.remedy


async def test_nobody_may_push(serving: Serve) -> None:
    async with serving() as account:
        with pytest.raises(WebhookRefused):
            account.provider.verify_webhook(WebhookRequest(b"{}", {}))
        assert account.provider.parse_pushed(b"{}") is None
