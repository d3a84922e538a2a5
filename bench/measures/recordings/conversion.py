"""An hour of m4a into the MP3 that Xosum takes, beside the ffmpeg program on the same file.

Ours is the preparer as the engine uses it: it copies the file into its spool, converts in a child process, and is read
back. `python -m bench.measures.recordings.conversion FILE SPOOL` runs ours alone and prints what it took.
"""

import asyncio
import json
import resource
import shutil
import sys
import time
from pathlib import Path

import av

from bench.measure import MIB, Plan, Row, at_most, ratio_at_most, row
from bench.processes.children import environment, output, result, start
from bench.processes.traces import Trace
from bot.audio.disk import DiskFile
from bot.audio.preparer import AudioPreparer
from bot.ports.audio import InputLimits

MINUTES = 60
RATE = 44_100  # what phones and recorders write
SAMPLE = Path(__file__).parents[3] / "simulators" / "samples" / "sense_passage.mp3"
PROGRAM = (
    *("ffmpeg", "-nostdin", "-v", "error", "-y", "-i", "IN"),
    *("-vn", "-ac", "1", "-ar", "24000", "-b:a", "64k", "OUT"),
)


async def measure(plan: Plan) -> list[Row]:
    """The row of design section 7, in two parts."""
    minutes = plan.size(MINUTES, 2)
    source = plan.place / "hour.m4a"
    if not source.exists():
        await asyncio.to_thread(make, source, minutes)

    async def ours() -> dict[str, float]:
        directory = plan.directory("conversion")
        trace = directory / "trace.jsonl"
        ours = ("bench.measures.recordings.conversion", str(source), str(directory / "spool"))
        found = await result("conversion", directory, "bench.processes.watching", str(trace), *ours)
        whole = Trace.read(trace)
        idle, busy = whole.between(0, found["began"]), whole.between(found["began"], found["ended"])
        grown = busy.peak - idle.level, busy.peak_children - idle.samples[-1].children
        return {**found, "grown": (grown[0] + grown[1]) / MIB, "own": grown[0] / MIB, "stall": busy.stall * 1000}

    async def program() -> dict[str, float]:
        directory = plan.directory("ffmpeg")
        command = [{"IN": str(source), "OUT": str(directory / "out.mp3")}.get(word, word) for word in PROGRAM]
        began = time.time()
        child = await start("ffmpeg", directory, environment(), *command)
        await output(child, 900)
        return {"began": began, "ended": time.time()}

    contestants = (ours, program) if shutil.which("ffmpeg") else (ours,)
    found, *others = await plan.interleaved(*contestants)
    walls = [one["ended"] - one["began"] for other in others for one in other]
    name = f"{minutes} min m4a to MP3"
    cpu = min(one["cpu"] for one in found)
    return [
        row(
            f"{name}: wall",
            [one["ended"] - one["began"] for one in found],
            "s",
            walls,
            "ffmpeg, 24 kHz mono 64 kb/s",
            ratio_at_most(1.3) if walls else None,
            f"{cpu:.1f} s of processor" + ("" if walls else "; the ffmpeg program is not installed"),
        ),
        row(
            f"{name}: peak memory above idle",
            [one["grown"] for one in found],
            "MiB",
            bar=at_most(64),
            detail=f"its child process included; {max(one['own'] for one in found):.0f} MiB in the bot's own",
            fold=max,
        ),
        row(f"{name}: longest loop stall", [one["stall"] for one in found], "ms", bar=at_most(250), fold=max),
    ]


def make(target: Path, minutes: int) -> None:
    """Write an m4a (AAC, stereo, 44.1 kHz) of the sample over and over."""
    with av.open(str(target), "w", format="ipod") as out:
        stream = out.add_stream("aac", rate=RATE)
        stream.bit_rate = 128_000
        stream.layout = "stereo"
        written = 0
        while written < minutes * 60 * RATE:
            resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
            with av.open(str(SAMPLE)) as sound:
                for frame in sound.decode(audio=0):
                    for made in resampler.resample(frame):
                        made.pts = None
                        written += made.samples
                        out.mux(stream.encode(made))
        out.mux(stream.encode(None))


async def run(source: Path, spool: Path) -> dict[str, float]:
    """Convert as the engine has it converted, with a child that has looked at a file before."""
    preparer = AudioPreparer(spool)
    file = DiskFile(source)

    async def unseen(share: float) -> None:
        pass

    try:
        facts = await preparer.inspect(file)
        await asyncio.sleep(1.0)  # for the sampler: this is the idle bot, its child waiting
        used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
        async with preparer.prepare(
            "job", file, facts, InputLimits(mimes=frozenset({"audio/mpeg"})), unseen
        ) as payload:
            ended = time.time()
            size = payload.size
        await asyncio.sleep(0.2)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
        return {"began": began, "ended": ended, "size": size, "cpu": cpu}
    finally:
        await preparer.close()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Path(sys.argv[1]), Path(sys.argv[2])))), flush=True)
