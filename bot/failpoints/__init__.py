"""Failpoints: a test may stop the process before or after any external effect or commit. Inert in production.

They wrap the seams instead of standing in the code: with `THREADSCRIBE_FAILPOINTS` set, every call of the store, of a
provider, of Slack's Web API and of HTTP reaches `NAME.before` and `NAME.after`, so that no effect can be without one.
`serve` refuses to start with the variable set; `python -m bot.failpoints` is the entry point of the crash suite.

The variable holds `name=action` pairs, comma separated. Actions: `kill` (SIGKILL, at the first hit), `kill:N` (at the
Nth), `raise` (an OSError), `wait:SECONDS`. The name `*` with `trace` writes each name that is
reached to standard error.
"""

import asyncio
import inspect
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar, cast

VARIABLE = "THREADSCRIBE_FAILPOINTS"
T = TypeVar("T")


@dataclass(slots=True)
class _Armed:
    action: str
    argument: float
    hits: int = 0


class Failpoints:
    """What is armed in this process."""

    def __init__(self, text: str) -> None:
        self._armed: dict[str, _Armed] = {}
        self._trace = False
        for pair in filter(None, (part.strip() for part in text.split(","))):
            name, _, what = pair.partition("=")
            action, _, argument = what.partition(":")
            if name == "*" and action == "trace":
                self._trace = True
            else:
                self._armed[name] = _Armed(action, float(argument or 1))

    async def reach(self, name: str) -> None:
        """Do what is armed at `name`."""
        if self._trace:
            print(f"failpoint {name}", file=sys.stderr, flush=True)
        armed = self._armed.get(name)
        if armed is None:
            return
        armed.hits += 1
        match armed.action:
            case "kill":
                if armed.hits >= armed.argument:
                    os.kill(os.getpid(), signal.SIGKILL)
            case "raise":
                raise OSError(f"failpoint {name}")
            case "wait":
                await asyncio.sleep(armed.argument)

    def wrap(self, name: str, inner: T) -> T:
        """The same object, with a failpoint before and after each of its public coroutine methods."""
        return cast(T, _Wrapped(self, name, inner))


class _Wrapped:
    _points: Failpoints
    _name: str
    _inner: object

    def __init__(self, points: Failpoints, name: str, inner: object) -> None:
        self.__dict__["_points"] = points
        self.__dict__["_name"] = name
        self.__dict__["_inner"] = inner

    def __getattr__(self, method: str) -> object:
        found: object = getattr(self._inner, method)
        if method.startswith("_") or not inspect.iscoroutinefunction(found):
            return found
        call = cast(Callable[..., object], found)
        points, name = self._points, f"{self._name}.{method}"

        async def reached(*args: object, **kwargs: object) -> object:
            detail = f".{args[0].value.name}" if args and isinstance(args[0], Enum) else ""
            await points.reach(f"{name}{detail}.before")
            result = await cast("asyncio.Future[object]", call(*args, **kwargs))
            await points.reach(f"{name}{detail}.after")
            return result

        return reached

    def __setattr__(self, attribute: str, value: object) -> None:
        setattr(self._inner, attribute, value)
