"""Invox Medical."""

from bot.ports.provider import Provider
from bot.providers.invox.settings import InvoxSettings
from bot.providers.kind import ProviderContext, ProviderKind


def _build(settings: InvoxSettings, context: ProviderContext) -> Provider:
    from bot.providers.invox.provider import InvoxProvider

    return InvoxProvider(settings, context)


KIND = ProviderKind("invox", "Invox Medical", InvoxSettings, _build, several=True)
