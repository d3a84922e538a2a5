"""Provider accounts by themselves: built from variables, with the HTTP client and the clock of a test."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from bot.http import Acquire, Http
from bot.ports.clock import Clock
from bot.providers import TABLE
from bot.providers.kind import ProviderContext, WorkStore
from bot.settings import ProviderSettings

S = TypeVar("S", bound=ProviderSettings)


def section(kind: type[S], environment: Mapping[str, str]) -> S:
    """The settings of one account by its variables, complete or not."""
    given = {name.removeprefix(kind.prefix).lower(): value for name, value in environment.items() if value}
    return kind.model_validate({name: value for name, value in given.items() if name in kind.model_fields})


class Notes:
    """The only part of a store that an account without work of its own needs."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    async def cursor(self, name: str) -> str:
        return self._kept.get(name, "")

    async def put_cursor(self, name: str, value: str) -> None:
        self._kept[name] = value


def context(
    name: str,
    http: Http,
    clock: Clock,
    acquire: Acquire | None = None,
    public_url: str = "",
    directory: Path = Path(),
    store: WorkStore | None = None,
) -> ProviderContext:
    """What the program would give; a store is needed by accounts that do their work part by part."""

    async def ready(_: str) -> None:
        return None

    return ProviderContext(name, public_url, http, clock, acquire, store or cast(WorkStore, Notes()), directory, ready)


def account(
    name: str,
    environment: Mapping[str, str],
    http: Http,
    clock: Clock,
    acquire: Acquire | None = None,
    number: str = "",
) -> Any:
    """The provider account of this name (and number, for a further one), built by its line of the table."""
    kind = TABLE[name]
    public_url = environment.get("PUBLIC_URL", "").rstrip("/")
    return kind.build(section(kind.settings, environment), context(f"{name}{number}", http, clock, acquire, public_url))
