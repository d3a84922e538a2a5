"""Failpoints: a test may stop the process before or after any external effect or commit. Inert in production.

They wrap the seams instead of standing in the code, so that no effect can be without one:

    NAME.before, NAME.after          every coroutine method of the store, the providers, Slack's client, HTTP, the audio
    NAME.before, .opened, .after     every context manager: a download, a prepared recording
    NAME.chunk                       every chunk that passes in either direction; page for page where Slack gives pages

A call whose first argument is an enum member has its name in it: `slack.call.POST.before`. `serve` refuses to start
with `THREADSCRIBE_FAILPOINTS` set; `python -m bot.failpoints` is `serve` with them, for the crash suite.

The variable holds `name=action` pairs, comma separated. Actions: `kill` (SIGKILL, at the first hit), `kill:N` (at the
Nth), `raise` (an OSError), `wait:SECONDS`, `hold` (forever). The name `*` with `trace` writes each name that is
reached to standard error.
"""

import asyncio
import inspect
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, is_dataclass, replace
from enum import Enum
from functools import wraps
from typing import TypeVar, cast

VARIABLE = "THREADSCRIBE_FAILPOINTS"
T = TypeVar("T")
Call = Callable[..., object]


@dataclass(slots=True)
class _Armed:
    action: str
    argument: float
    hits: int = 0


class Failpoints:
    """What is armed in this process. Raises `ValueError` for a text that cannot be read."""

    def __init__(self, text: str) -> None:
        self._armed: dict[str, _Armed] = {}
        self._trace = False
        for pair in filter(None, (part.strip() for part in text.split(","))):
            name, _, what = pair.partition("=")
            action, _, argument = what.partition(":")
            if name == "*" and action == "trace":
                self._trace = True
            elif action in ("kill", "raise", "wait", "hold"):
                self._armed[name] = _Armed(action, float(argument or 1))
            else:
                raise ValueError(f"{pair!r} is no failpoint: NAME=kill, kill:N, raise, wait:SECONDS or hold")

    async def reach(self, name: str) -> None:
        """Do what is armed at `name`."""
        if self._trace:
            _say(f"failpoint {name}")
        armed = self._armed.get(name)
        if armed is None:
            return
        armed.hits += 1
        match armed.action:
            case "kill":
                if armed.hits >= armed.argument:
                    _say(f"killed at {name}")
                    os.kill(os.getpid(), signal.SIGKILL)
            case "raise":
                raise OSError(f"failpoint {name}")
            case "wait":
                await asyncio.sleep(armed.argument)
            case "hold":
                await asyncio.Event().wait()

    def wrap(self, name: str, inner: T) -> T:
        """The same object, with failpoints at each of its public asynchronous methods."""
        return cast(T, _Wrapped(self, name, inner))


def _say(line: str) -> None:
    os.write(sys.stderr.fileno(), f"{line}\n".encode())  # whole, even if the process ends with the next instruction


class _Wrapped:
    """Stands before an object: methods with failpoints are its own attributes, all else is the object's."""

    def __init__(self, points: Failpoints, name: str, inner: object) -> None:
        self.__dict__["_inner"] = inner
        for method in dir(type(inner)):
            if method.startswith("_") or not inspect.isroutine(inspect.getattr_static(type(inner), method)):
                continue
            self.__dict__[method] = _pointed(points, f"{name}.{method}", cast(Call, getattr(inner, method)))

    def __getattr__(self, attribute: str) -> object:
        return getattr(self.__dict__["_inner"], attribute)

    def __setattr__(self, attribute: str, value: object) -> None:
        setattr(self.__dict__["_inner"], attribute, value)


def _pointed(points: Failpoints, name: str, call: Call) -> Call:
    if inspect.iscoroutinefunction(call):
        return _pointed_call(points, name, call)
    if inspect.isasyncgenfunction(call):
        return _pointed_pages(points, name, call)
    if inspect.isasyncgenfunction(inspect.unwrap(call)):
        return _pointed_context(points, name, call)
    return call


def _label(name: str, args: tuple[object, ...]) -> str:
    return f"{name}.{args[0].name}" if args and isinstance(args[0], Enum) else name


def _pointed_call(points: Failpoints, name: str, call: Call) -> Call:
    @wraps(call)
    async def reached(*args: object, **kwargs: object) -> object:
        label = _label(name, args)
        given = [_Chunks(points, f"{label}.chunk", each) if _is_stream(each) else each for each in args]
        await points.reach(f"{label}.before")
        result = await cast("asyncio.Future[object]", call(*given, **kwargs))
        await points.reach(f"{label}.after")
        return result

    return reached


def _pointed_pages(points: Failpoints, name: str, call: Call) -> Call:
    @wraps(call)
    async def reached(*args: object, **kwargs: object) -> AsyncGenerator[object, None]:
        label = _label(name, args)
        await points.reach(f"{label}.before")
        async for page in cast("AsyncIterator[object]", call(*args, **kwargs)):
            await points.reach(f"{label}.page")
            yield page
        await points.reach(f"{label}.after")

    return reached


def _pointed_context(points: Failpoints, name: str, call: Call) -> Call:
    @wraps(call)
    @asynccontextmanager
    async def reached(*args: object, **kwargs: object) -> AsyncGenerator[object, None]:
        label = _label(name, args)
        await points.reach(f"{label}.before")
        async with cast("AbstractAsyncContextManager[object]", call(*args, **kwargs)) as opened:
            await points.reach(f"{label}.opened")
            chunks: object = getattr(opened, "chunks", None)
            if is_dataclass(opened) and not isinstance(opened, type) and _is_stream(chunks):
                opened = replace(opened, chunks=_Chunks(points, f"{label}.chunk", chunks))
            yield opened
        await points.reach(f"{label}.after")

    return reached


def _is_stream(value: object) -> bool:
    return hasattr(value, "__anext__")


class _Chunks:
    """A stream with a failpoint after each chunk."""

    def __init__(self, points: Failpoints, name: str, inner: object) -> None:
        self._points = points
        self._name = name
        self._inner = cast("AsyncIterator[bytes]", inner)

    def __aiter__(self) -> "_Chunks":
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._inner.__anext__()
        await self._points.reach(self._name)
        return chunk
