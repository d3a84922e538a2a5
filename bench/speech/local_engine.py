"""The local engine beside bare faster-whisper: words, wall time, memory over an hour, stalls of the event loop.

    python -m bench.speech.local_engine [--model base] [--minutes 10] [--rounds 2] [--hour] [--json FILE]

The bare engine runs in a process of its own with as many threads and the same niceness; the two take turns and the
best of the rounds counts. Bars: equal error rate, at most 1.1 times the wall, an hour under 700 MB, stalls under 50 ms.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import jiwer
import numpy as np
from faster_whisper import decode_audio

from bot.audio.disk import DiskFile
from bot.audio.preparer import AudioPreparer
from bot.domain.job import Options, new_job_id
from bot.domain.transcript import Segment, Transcript
from bot.ports.provider import Succeeded, TranscriptionRequest
from bot.providers.local.pool import ENGINE, cores
from bot.providers.local.provider import LocalProvider
from bot.providers.local.settings import LocalSettings
from bot.providers.local.weights import model_path

SAMPLES = Path(__file__).parents[2] / "simulators" / "samples"
README = (SAMPLES / "README.md").read_text(encoding="utf-8")
ENGLISH = ("jfk.wav", "sense_0870.m4a", "sense_0880.flac", "sense_0890.ogg", "sense_0920.webm")
RATE = 16_000

_BARE = """
import json, os, sys, time
os.nice(10)
from faster_whisper import WhisperModel
model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8", cpu_threads=int(sys.argv[2]))
print("loaded", flush=True)
for path in sys.stdin:
    begun = time.perf_counter()
    segments, info = model.transcribe(path.strip(), beam_size=5, vad_filter=True, condition_on_previous_text=False)
    text = " ".join(segment.text for segment in segments)
    print(json.dumps([text, time.perf_counter() - begun]), flush=True)
"""


class Memory:
    """Blocks in memory: what a database costs is measured elsewhere."""

    def __init__(self) -> None:
        self._blocks: dict[str, dict[int, tuple[Sequence[Segment], str | None]]] = {}

    async def put_block(self, job_id: str, number: int, segments: Sequence[Segment], language: str | None) -> bool:
        self._blocks.setdefault(job_id, {})[number] = (segments, language)
        return True

    async def blocks(self, job_id: str) -> Sequence[tuple[int, Sequence[Segment], str | None]]:
        return [(number, *block) for number, block in sorted(self._blocks.get(job_id, {}).items())]

    async def drop_blocks(self, job_id: str) -> None:
        self._blocks.pop(job_id, None)


@dataclass
class Watch:
    """Stalls of the loop (seconds) and the memory of the engine's child (MB), sampled while it works."""

    stalls: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)  # CPU of this thread in the same stretches: our own share of them
    rss: list[float] = field(default_factory=list)
    on: bool = True  # off while the bench itself counts words

    async def run(self) -> None:
        looked, was_on = 0.0, True
        while True:
            before, used = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.005)
            now, using = time.perf_counter(), time.thread_time()
            if self.on and was_on:
                self.stalls.append(now - before - 0.005)
                self.busy.append(using - used)
            was_on = self.on
            if now - looked > 2:
                looked = now
                self.rss.append(await asyncio.to_thread(child_rss))


def _engine() -> int:
    """Process id of the engine's child."""
    for thread in Path(f"/proc/{os.getpid()}/task").iterdir():
        for pid in (thread / "children").read_text().split():
            with contextlib.suppress(OSError):
                if ENGINE.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return int(pid)
    return 0


def child_rss() -> float:
    """Resident memory of the engine's child in megabytes; 0 while there is none."""
    try:
        status = Path(f"/proc/{_engine()}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024
    except (OSError, IndexError):
        return 0.0


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process has used: what a busy machine changes least."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Ours:
    """The provider as the bot uses it."""

    def __init__(self, settings: LocalSettings, place: Path) -> None:
        self.watch = Watch(on=False)
        self._ready: dict[str, asyncio.Event] = {}
        self.preparer = AudioPreparer(place / "spool")
        self.provider = LocalProvider(settings, Memory(), place / "local", self._on_ready)

    async def transcribe(self, path: Path, speakers: str = "detect") -> tuple[Transcript, float]:
        """The transcript, and the seconds from the handed-over file to the call that it is ready."""
        job_id = new_job_id()
        done = self._ready[job_id] = asyncio.Event()
        self.watch.on = True
        source = DiskFile(path)
        facts = await self.preparer.inspect(source)
        accepts = self.provider.capabilities.accepts
        async with self.preparer.prepare(job_id, source, facts, accepts, _ignore) as payload:
            order = TranscriptionRequest(
                job_id, "", payload.name, payload.mime, payload.size, payload.seconds, Options(speakers=speakers)
            )
            remote = await self.provider.create(order)
            begun = time.perf_counter()
            await self.provider.upload(order, remote, payload, _ignore)
        await done.wait()
        took = time.perf_counter() - begun
        assert isinstance(await self.provider.poll(remote, ""), Succeeded)
        transcript = await self.provider.fetch(remote, "")
        self.watch.on = False
        return transcript, took

    async def _on_ready(self, job_id: str) -> None:
        self._ready[job_id].set()


class Bare:
    """faster-whisper alone, in a process of its own, model loaded."""

    def __init__(self, model: str, threads: int) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BARE, model, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self._line()

    @property
    def pid(self) -> int:
        return self._process.pid

    def transcribe(self, path: Path) -> tuple[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        text, took = json.loads(self._line())
        return str(text), float(took)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def words_of(name: str) -> str:
    """The words of a sample, as its README gives them."""
    rows = {
        row.split("|")[1].strip().strip("`"): row.split("|")[3].strip() for row in README.splitlines() if "|" in row
    }
    said = rows[name]
    return rows["jfk.wav"] if said == "as above" else said


def plain(text: str) -> str:
    text = text.lower().replace("-", " ").replace("mr.", "mister")
    return " ".join(re.sub(r"[^\w\s]", "", text).split())


def talk(path: Path, minutes: float) -> str:
    """Write this many minutes of the samples in turn with short pauses; returns the words."""
    clips = [(words_of(name), decode_audio(str(SAMPLES / name), RATE)) for name in ENGLISH]
    said: list[str] = []
    left = int(minutes * 60 * RATE)
    chance = np.random.default_rng(1)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        turn = 0
        while left > 0:
            words, clip = clips[turn % len(clips)]
            pause = chance.normal(0, 0.0003, int(chance.uniform(0.4, 1.8) * RATE))
            sound = np.concatenate([clip, pause])
            file.writeframes((np.clip(sound, -1, 1) * 32_767).astype(np.int16).tobytes())
            said.append(words)
            left -= len(sound)
            turn += 1
    return " ".join(said)


async def _ignore(share: float) -> None:
    pass


@dataclass
class Report:
    """What is printed and written."""

    model: str
    load_average: float
    rows: list[dict[str, object]] = field(default_factory=list)

    def add(self, measure: str, value: float, bar: float | None, unit: str = "", detail: str = "") -> None:
        kept = bar is None or value <= bar
        self.rows.append({"measure": measure, "value": value, "bar": bar, "unit": unit, "kept": kept, "detail": detail})
        mark = "" if bar is None else f"bar {bar:g} {'kept' if kept else 'MISSED'}"
        print(f"{measure:44} {value:9.3f} {unit:5} {mark:16} {detail}", flush=True)


async def measure(asked: argparse.Namespace) -> Report:
    report = Report(asked.model, os.getloadavg()[0])
    settings = LocalSettings(model=asked.model, workers=1)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        model = await asyncio.to_thread(model_path, settings)
        ours = Ours(settings, place)
        bare = await asyncio.to_thread(Bare, model, cores())
        await ours.transcribe(SAMPLES / "jfk.wav")  # loads the model, as the bare engine has
        idle = Watch()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(idle.run(), 10)
        report.add("longest stall of an idle loop, 10 s", max(idle.stalls) * 1000, None, "ms", "what the machine adds")
        watch = ours.watch
        watcher = asyncio.create_task(watch.run())
        try:
            await _words(report, ours, bare)
            await _wall(report, ours, bare, place / "talk.wav", asked.minutes, asked.rounds)
            if asked.hour:
                await asyncio.to_thread(bare.close)
                await _hour(report, ours, watch, place / "hour.wav")
        finally:
            watcher.cancel()
            bare.close()
            await ours.provider.close()
            await ours.preparer.close()
        stalls = sorted(watch.stalls)
        detail = f"p99 {stalls[int(len(stalls) * 0.99)] * 1000:.1f} ms of {len(stalls)}"
        report.add("longest stall of the event loop", stalls[-1] * 1000, 50, "ms", detail)
        report.add(
            "longest stretch of its own CPU", max(watch.busy) * 1000, 50, "ms", "free of what else the machine does"
        )
    return report


async def _words(report: Report, ours: Ours, bare: Bare) -> None:
    names = [*ENGLISH, "sense_passage.mp3", *(["prueba_de_eco_es.wav"] if not report.model.endswith(".en") else [])]
    said, heard_ours, heard_bare = [], [], []
    for name in names:
        words = " ".join(words_of(n) for n in ENGLISH[1:]) if name == "sense_passage.mp3" else words_of(name)
        said.append(plain(words + (" he might even have been made amiable himself" if "passage" in name else "")))
        heard_ours.append(plain((await ours.transcribe(SAMPLES / name))[0].text))
        heard_bare.append(plain((await asyncio.to_thread(bare.transcribe, SAMPLES / name))[0]))
    rate_bare = jiwer.wer(said, heard_bare)
    report.add("word error rate of the bare engine, samples", rate_bare, None)
    report.add("word error rate of the local engine, samples", jiwer.wer(said, heard_ours), rate_bare)


async def _wall(report: Report, ours: Ours, bare: Bare, path: Path, minutes: float, rounds: int) -> None:
    """The same work as the bare engine's, which tells no speakers apart; then what that costs on top."""
    said = plain(await asyncio.to_thread(talk, path, minutes))
    engine = _engine()
    walls: dict[str, list[float]] = {"none": [], "detect": [], "bare": []}
    used = dict.fromkeys(walls, 0.0)
    heard = dict.fromkeys(walls, "")
    for _ in range(rounds):
        for kind in walls:
            before = _cpu(bare.pid if kind == "bare" else engine)
            if kind == "bare":
                text, took = await asyncio.to_thread(bare.transcribe, path)
            else:
                transcript, took = await ours.transcribe(path, kind)
                text = transcript.text
            used[kind] += (_cpu(bare.pid if kind == "bare" else engine) - before) / rounds
            walls[kind].append(took)
            heard[kind] = plain(text)
    report.add(f"word error rate of the bare engine, {minutes:g} min", jiwer.wer(said, heard["bare"]), None)
    report.add(f"word error rate of the local engine, {minutes:g} min", jiwer.wer(said, heard["detect"]), None)
    alone, wall = min(walls["bare"]), min(walls["none"])
    report.add(f"wall of the bare engine, {minutes:g} min", alone, None, "s", _rounds(walls["bare"]))
    report.add(f"wall of the local engine, {minutes:g} min", wall, None, "s", _rounds(walls["none"]))
    report.add("wall of the local engine, times the bare one", wall / alone, 1.1)
    detail = f"{used['bare']:.1f} s bare"
    report.add("CPU of the local engine, times the bare one", used["none"] / used["bare"], None, "", detail)
    detail = "the bare engine tells no speakers apart"
    report.add("wall with speakers, times the bare one", min(walls["detect"]) / alone, None, "", detail)
    report.add("CPU with speakers, times the bare one", used["detect"] / used["bare"], None, "", detail)


def _rounds(walls: Sequence[float]) -> str:
    return "rounds " + ", ".join(f"{wall:.1f}" for wall in walls)


async def _hour(report: Report, ours: Ours, watch: Watch, path: Path) -> None:
    said = plain(await asyncio.to_thread(talk, path, 60))
    watch.rss.clear()
    transcript, took = await ours.transcribe(path)
    report.add("an hour: wall", took, None, "s", f"{transcript.seconds:.0f} s of audio")
    report.add("an hour: word error rate", jiwer.wer(said, plain(transcript.text)), None)
    first, last = watch.rss[: len(watch.rss) // 3], watch.rss[-len(watch.rss) // 3 :]
    report.add("an hour: peak memory of the engine", max(watch.rss), 700, "MB")
    report.add("an hour: growth from first to last third", max(last) - max(first), 50, "MB")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="base")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--hour", action="store_true")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    report = asyncio.run(measure(asked))
    document = json.dumps(asdict(report), indent=1)
    if asked.json:
        asked.json.write_text(document, encoding="utf-8")
    else:
        print(document)
    return 0 if all(row["kept"] for row in report.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
