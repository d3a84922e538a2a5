"""What a decoder's process can reach: its own folder, and nothing else."""

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.audio.messages import AUDIO_WIRE, Probe
from bot.audio.prober import WORKER
from bot.subprocesses.child import Child
from bot.subprocesses.confinement import missing
from tests.subprocesses.probe_child import TRIAL_WIRE, Attempt, Result
from tests.support.machine.processes import environment

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
MODULE = "tests.subprocesses.probe_child"
linux = pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's")
whole = pytest.mark.skipif(bool(missing()), reason=f"this machine lacks {missing()}")


def status_of(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text()


async def tried(child: Child, what: str, target: object = "") -> str:
    """The name of the error that an attempt ended with, or ""."""
    await child.send(Attempt(what, str(target)))
    result = await child.receive(60)
    assert isinstance(result, Result)
    return result.error


@pytest_asyncio.fixture
async def child(tmp_path: Path) -> AsyncIterator[Child]:
    (tmp_path / "own").mkdir()
    started = await Child.start(MODULE, TRIAL_WIRE, (str(tmp_path / "own"),))
    yield started
    await started.kill()


@whole
async def test_it_reads_and_writes_its_own_folder_only(child: Child, tmp_path: Path) -> None:
    (tmp_path / "own" / "source").write_bytes(b"sound")
    (tmp_path / "secret").write_bytes(b"token")
    assert await tried(child, "read", tmp_path / "own" / "source") == ""
    assert await tried(child, "write", tmp_path / "own" / "payload.mp3") == ""
    assert await tried(child, "read", tmp_path / "secret") == "PermissionError"
    assert await tried(child, "write", tmp_path / "other") == "PermissionError"
    assert await tried(child, "list", tmp_path) == "PermissionError"
    assert await tried(child, "list", Path.cwd()) == "PermissionError"
    assert await tried(child, "read", PROJECT) == "PermissionError"
    assert await tried(child, "read", "/etc/passwd") == "PermissionError"


@whole
async def test_it_reads_neither_environment_nor_memory_of_its_parent(child: Child) -> None:
    for name in ("environ", "mem", "maps", "cmdline"):
        assert await tried(child, "read", f"/proc/{os.getpid()}/{name}") == "PermissionError"
    assert await tried(child, "signal", os.getpid()) == "PermissionError"


@whole
async def test_it_has_no_network_and_starts_no_program(child: Child) -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        assert await tried(child, "connect", f"{host}:{port}") == "PermissionError"
    assert await tried(child, "udp") == "PermissionError"
    assert await tried(child, "run", sys.executable) == "PermissionError"


@linux
async def test_it_has_limits(child: Child) -> None:
    assert await tried(child, "memory", 512 * 1024 * 1024) == "MemoryError"
    assert await tried(child, "memory", 64 * 1024 * 1024) == ""
    assert resource.prlimit(child.pid, resource.RLIMIT_CORE) == (0, 0)
    assert resource.prlimit(child.pid, resource.RLIMIT_NOFILE)[1] <= 256
    assert "NoNewPrivs:\t1" in status_of(child.pid)


@linux
async def test_the_child_that_looks_at_files_writes_none_and_has_little_processor_for_each() -> None:
    child = await Child.start(WORKER, AUDIO_WIRE)
    try:
        await child.send(Probe(4, [[0, 4]], b"abcd", last=True))
        await child.receive(60)
        assert resource.prlimit(child.pid, resource.RLIMIT_FSIZE) == (0, 0)
        assert resource.prlimit(child.pid, resource.RLIMIT_CPU)[0] < 60
        assert resource.prlimit(child.pid, resource.RLIMIT_AS)[1] < 2 * 1024**3
    finally:
        await child.kill()


async def test_an_audio_child_knows_no_proxy_and_no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "HTTPS_PROXY", "all_proxy", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "hush-hush")
    for online in (False, True):
        child = await Child.start(WORKER, AUDIO_WIRE, online=online)
        try:
            assert (b"hush-hush" in await environment(child.pid)) is online
        finally:
            await child.kill()


_GUARDED = """
import ctypes, os, resource, sys
from bot.subprocesses.confinement import protect_this_process
if os.getuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as a process that was started by such a user has it
if sys.argv[1] == "protected":
    protect_this_process()
child = os.fork()
if not child:
    try:
        open(f"/proc/{os.getppid()}/environ", "rb").read()
    except PermissionError:
        os._exit(3)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), resource.getrlimit(resource.RLIMIT_CORE)[0])
"""


@linux
@pytest.mark.parametrize(("how", "outcome"), [("protected", "3"), ("as it is", "0")])
def test_what_a_protected_process_holds_is_closed_to_others_of_its_user(how: str, outcome: str) -> None:
    run = subprocess.run([sys.executable, "-c", _GUARDED, how], capture_output=True, text=True, check=True)
    refused, core = run.stdout.split()
    assert refused == outcome
    assert core == "0" or how != "protected"


@pytest.mark.parametrize(("package", "words"), [("landlockpy", "Landlock"), ("pyseccomp", "seccomp")])
def test_doctor_learns_what_this_machine_lacks(package: str, words: str) -> None:
    script = f"import sys; sys.modules[{package!r}] = None\nfrom bot.subprocesses.confinement import confine, missing\n"
    script += "print(*missing()); confine()\nopen('/proc/self/status').read()"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert words in run.stdout
