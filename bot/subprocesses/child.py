"""The parent's end of a child process: start a module, talk to it in messages, end it at once."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import bot
from bot.subprocesses.wire import HEAD, Wire, WireError, measure

_END_SECONDS = 2.0  # a child that has closed its pipes ends by itself within this
_STDERR_KEPT = 4000  # bytes: enough for the last lines of a traceback
# What a child may know of our environment: paths, locale, tuning. Tokens and keys stay here.
_ENV_NAMES = frozenset({"PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "TZ", "SYSTEMROOT"})
_ENV_PREFIXES = ("LC_", "XDG_", "OMP_", "MKL_", "CT2_", "CUDA_", "NVIDIA_", "PYTHON", "KMP_", "COVERAGE_")
# And one that downloads a model: the hub's settings, proxies, certificates.
_ONLINE_PREFIXES = ("HF_", "SSL_")
_ONLINE_SUFFIXES = ("_PROXY", "_proxy")
# Libraries that would report to their makers: onnxruntime does by default since 1.29, from the moment it is loaded
# (github.com/microsoft/onnxruntime/pull/27379: models, errors, the machine, a lasting identifier), and Hugging Face's.
_NO_REPORTS = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}


class ChildDiedError(Exception):
    """The child ended, was killed, or talks nonsense; the message says how, never what it was working on.

    `crashed`: a signal ended it in the middle of its work, as a fault in a decoder does. Otherwise it ended by itself,
    and `output` (the end of its standard error) has the traceback.
    """

    def __init__(self, how: str, crashed: bool, output: str) -> None:
        super().__init__(how)
        self.crashed = crashed
        self.output = output


class ChildFailedError(Exception):
    """An exception in the child, as its traceback."""


class ChildStalledError(Exception):
    """The child said nothing for too long. It still runs: kill it."""


class Child:
    """A running `python -m module` that speaks `wire`. Ends with this process, however this process ends."""

    def __init__(self, process: asyncio.subprocess.Process, wire: Wire) -> None:
        self._process = process
        self._wire = wire
        self._stderr = b""
        self._drain = asyncio.create_task(self._keep_stderr())

    @classmethod
    async def start(
        cls,
        module: str,
        wire: Wire,
        arguments: tuple[str, ...] = (),
        variables: Mapping[str, str] | None = None,
        online: bool = False,
    ) -> Self:
        """Start it with its own session (Ctrl-C in the terminal is ours to handle) and no secrets.

        `variables` are added to its environment. `online`: it also gets what a download from the model hub needs
        (which can be a token, in `HF_TOKEN`).
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            env={**_environment(os.environ, online), **(variables or {})},
        )
        return cls(process, wire)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not been seen to end."""
        return self._process.returncode is None

    async def send(self, message: object) -> None:
        """Hand a request over. Raises `ChildDiedError`."""
        assert self._process.stdin is not None  # noqa: S101 - started with pipes
        try:
            self._process.stdin.write(self._wire.encode(message))
            await self._process.stdin.drain()
        except (ConnectionError, OSError) as error:
            raise await self._died() from error

    async def receive(self, timeout: float) -> object:
        """The next answer. Raises `ChildDiedError`, or `ChildStalledError` after `timeout` seconds."""
        assert self._process.stdout is not None  # noqa: S101 - started with pipes
        try:
            async with asyncio.timeout(timeout):
                text, blob = measure(await self._process.stdout.readexactly(HEAD.size))
                body = await self._process.stdout.readexactly(text + blob)
            return self._wire.decode(body[:text], body[text:])
        except TimeoutError:
            raise ChildStalledError(f"no answer for {timeout:.0f} s") from None
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise await self._died() from error
        except WireError as error:
            await self.kill()
            raise ChildDiedError("it sent what is no message", False, self._output) from error

    async def kill(self) -> None:
        """End it now (SIGKILL) and wait until it is gone."""
        if self.alive:
            # Process.kill() would poll first and so take the exit status away from asyncio's own watcher.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
        # Waiting is shielded so that a cancelled caller leaves no zombie behind.
        await asyncio.shield(self._reap())

    async def _reap(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()
        await self._drain

    async def _died(self) -> ChildDiedError:
        with contextlib.suppress(TimeoutError):  # its pipes close a moment before it ends: our signal would hide how
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()
        await self.kill()
        code = self._process.returncode or 0
        how = f"signal {-code}" if code < 0 else f"exit {code}"
        last = self._output.rpartition("\n")[2]
        return ChildDiedError(f"{how}: {last}" if last else how, code < 0, self._output)

    @property
    def _output(self) -> str:
        return self._stderr.decode(errors="replace").strip()

    async def _keep_stderr(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - started with pipes
        while chunk := await self._process.stderr.read(4096):
            self._stderr = (self._stderr + chunk)[-_STDERR_KEPT:]


def _environment(environ: Mapping[str, str], online: bool) -> dict[str, str]:
    prefixes = (*_ENV_PREFIXES, *_ONLINE_PREFIXES) if online else _ENV_PREFIXES
    suffixes = _ONLINE_SUFFIXES if online else ()
    kept = {
        name: value
        for name, value in environ.items()
        if name in _ENV_NAMES or name.startswith(prefixes) or name.endswith(suffixes)
    }
    home = str(Path(bot.__file__).resolve().parent.parent)
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (home, kept.get("PYTHONPATH", ""))))
    kept["THREADSCRIBE_PARENT"] = str(os.getpid())
    return kept | _NO_REPORTS
