"""Whether an account asks for the provider's own summaries: when it may, always, or never."""

from collections.abc import Awaitable, Callable
from typing import Literal

import structlog

from bot.domain.errors import Ambiguous, MissingScope, Transient
from bot.http import Answer
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

    async def ask(self, send: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """The service's answer: a JSON object, or a refusal. None: the credential lacks the permission.

        Raises `Transient` where the fate of the request is unknown: asking again later harms nothing.
        """
        try:
            answer = await send()
            if answer.ok:
                answer.json_object()
                await self._granted()
        except MissingScope as error:
            await self._refused_for(error)
            return None
        except Ambiguous as unknown:
            raise Transient(unknown.detail) from unknown
        return answer

    async def _refused_for(self, error: MissingScope) -> None:
        if not self._refused:
            _log.warning("summaries_refused", account=self._context.name, detail=error.detail)
        self._refused = self._mode == "auto"
        await self._context.store.put_cursor(f"{REFUSED}{self._context.name}", error.detail)

    async def _granted(self) -> None:
        if not self._cleared and await self._context.store.cursor(f"{REFUSED}{self._context.name}"):
            await self._context.store.put_cursor(f"{REFUSED}{self._context.name}", "")
        self._cleared = True
