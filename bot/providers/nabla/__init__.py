"""Nabla."""

from bot.ports.provider import Provider
from bot.providers.kind import ProviderContext, ProviderKind
from bot.providers.nabla.settings import NablaSettings


def _build(settings: NablaSettings, context: ProviderContext) -> Provider:
    from bot.providers.nabla.provider import NablaProvider

    return NablaProvider(settings, context)


KIND = ProviderKind("nabla", "Nabla", NablaSettings, _build, several=True)
