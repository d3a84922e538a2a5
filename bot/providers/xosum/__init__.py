"""Xosum (Armenian speech to text)."""

from bot.ports.provider import Pace, Provider
from bot.providers.kind import ProviderContext, ProviderKind
from bot.providers.xosum.settings import XosumSettings


def _build(settings: XosumSettings, context: ProviderContext) -> Provider:
    from bot.providers.xosum.provider import XosumProvider

    return XosumProvider(settings, context)


def _pace(settings: XosumSettings) -> Pace:
    return Pace(settings.per_minute, settings.burst)


KIND = ProviderKind("xosum", "Xosum", XosumSettings, _build, _pace, several=True)
