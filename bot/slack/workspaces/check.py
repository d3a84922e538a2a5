"""Asks Slack about each installation, for `doctor`."""

from collections.abc import AsyncIterator

from bot.clock import SystemClock
from bot.domain.errors import StepError
from bot.ports.store import Installation, JobStore
from bot.settings import Settings
from bot.slack.api.client import open_client
from bot.slack.api.identity import identify
from bot.slack.workspaces.credentials import Credentials
from bot.slack.workspaces.rotation import Rotation


async def check_installations(
    settings: Settings, store: JobStore
) -> AsyncIterator[tuple[Installation, StepError | None]]:
    """Each installation that was not removed, with what Slack says against its token. Raises `StoreError`."""
    clock = SystemClock()
    async with open_client(settings, clock) as client:
        rotation = Rotation(settings, store, clock, client)
        for installation in await store.installations():
            if installation.active:
                source = Credentials(store, clock, rotation, installation.id)
                try:
                    await identify(client.of_workspace(source))
                except StepError as error:
                    yield installation, error
                else:
                    yield installation, None
