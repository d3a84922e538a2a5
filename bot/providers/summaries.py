"""Whether an account asks for the provider's own summaries: when it may, always, or never."""

from typing import Literal

import structlog

from bot.domain.errors import Misconfigured
from bot.providers.kind import ProviderContext

Mode = Literal["auto", "on", "off"]
REFUSED = "summary-refused:"  # with the account's name: the cursor that `doctor` reads

_log = structlog.get_logger(__name__)


class Summaries:
    """The switch of one account. `auto` asks until the service says that the credential lacks the permission.

    The next start of the bot asks again, in case that the permission was given meanwhile.
    """

    def __init__(self, mode: Mode, context: ProviderContext) -> None:
        self._mode = mode
        self._context = context
        self._refused = False
        self._cleared = False

    @property
    def wanted(self) -> bool:
        """Whether to ask for the next one."""
        return self._mode != "off" and not self._refused

    async def refused(self, error: Misconfigured) -> None:
        """The credential lacks the permission: ask no more (`auto`), and let `doctor` say so."""
        if not self._refused:
            _log.warning("summaries_refused", account=self._context.name, detail=error.detail)
        self._refused = self._mode == "auto"
        await self._context.store.put_cursor(f"{REFUSED}{self._context.name}", error.detail)

    async def granted(self) -> None:
        """One was given: what `doctor` would say is over."""
        if not self._cleared and await self._context.store.cursor(f"{REFUSED}{self._context.name}"):
            await self._context.store.put_cursor(f"{REFUSED}{self._context.name}", "")
        self._cleared = True
