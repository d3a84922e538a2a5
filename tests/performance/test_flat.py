"""The short form of `make bench` for CI: it fails on gross regressions only, never on absolute speed."""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.measure import MIB
from bench.measures.recordings.streaming import Passage, pass_through
from bench.processes.children import environment, start_python, until
from bench.processes.scene import Scene, open_scene
from bench.processes.traces import Trace
from bench.processes.workspace import Shape

SMALL, LARGE = 32 * MIB, 128 * MIB
GROWTH = 16 * MIB  # a bot that holds the file would grow by the difference of 96 MiB
STALL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Two:
    """A small and a large file's way through one bot."""

    small: Passage
    large: Passage


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Two:
    return asyncio.run(_pass(tmp_path_factory.mktemp("flat")))


async def _pass(directory: Path) -> Two:
    async with open_scene(directory, shape=Shape(channels=2)) as scene:
        await _settled(scene)
        small = await pass_through(scene, SMALL, "C0BENCH0")
        return Two(small, await pass_through(scene, LARGE, "C0BENCH1"))


async def _settled(scene: Scene) -> None:
    """The first clip brings along what is loaded once: it is no file's cost."""
    await scene.upload("C0BENCH0", MIB)
    await until(lambda: len(scene.moments("done")) == 1, 60, "the first clip")


def _trace(passage: Passage) -> Trace:
    assert passage.trace is not None
    return passage.trace


def test_memory_does_not_grow_with_the_size_of_a_file(passed: Two) -> None:
    small, large = _trace(passed.small), _trace(passed.large)
    assert len(large.samples) > 2
    assert large.peak - small.peak < GROWTH
    assert large.peak_children - small.peak_children < GROWTH


def test_no_turn_of_the_loop_takes_a_quarter_of_a_second_while_files_pass(passed: Two) -> None:
    assert _trace(passed.small).stall < STALL_SECONDS
    assert _trace(passed.large).stall < STALL_SECONDS


async def test_a_stalled_loop_and_a_file_in_memory_are_seen(tmp_path: Path) -> None:
    """The watch that the others rely on."""
    (tmp_path / "heavy.py").write_text(
        "import asyncio, time\n"
        "async def main():\n"
        "    await asyncio.sleep(0.3)\n"
        "    held = bytearray(b'x' * 100_000_000)\n"
        "    end = time.thread_time() + 0.4\n"
        "    while time.thread_time() < end: pass\n"
        "    await asyncio.sleep(0.3)\n"
        "asyncio.run(main())\n",
        encoding="utf-8",
    )
    trace = tmp_path / "trace.jsonl"
    env = environment()
    env["PYTHONPATH"] = f"{env['PYTHONPATH']}:{tmp_path}"
    child = await start_python("heavy", tmp_path, env, "bench.processes.watching", str(trace), "heavy")
    async with asyncio.timeout(60):
        await child.process.wait()
    found = Trace.read(trace)
    assert found.stall >= 0.4
    assert found.peak - found.samples[0].rss > 90_000_000


HEAVY = ("faster_whisper", "ctranslate2", "numpy", "av", "lameenc", "nupunkt", "docx", "asyncpg", "onnxruntime")
NETWORK = ("httpx", "aiohttp", "slack_bolt", "slack_sdk", "aiosqlite", "jwt", "Crypto")


async def _loaded(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after some code."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        f"import sys\n{code}\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name, module in sys.modules.items() if module}))",
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await child.communicate()
    assert child.returncode == 0
    return set(out.decode().rpartition("LOADED")[2].split())


async def test_help_loads_no_engine_no_decoder_and_no_network() -> None:
    loaded = await _loaded("from bot.cli import app\napp(['--help'], standalone_mode=False)")
    assert "typer" in loaded
    assert not loaded & {*HEAVY, *NETWORK}


async def test_serve_loads_engine_decoder_and_documents_only_when_used() -> None:
    loaded = await _loaded("import bot.app, bot.cli.serve")
    assert "aiohttp" in loaded
    assert not loaded & set(HEAVY)
