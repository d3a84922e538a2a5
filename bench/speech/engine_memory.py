"""Memory of the local engine's child over long recordings: `python -m bench.speech.engine_memory --hours 1 3`.

Each recording is the project's samples in turn, with speakers told apart. The resident memory of the child is read
every two seconds while it works; growth is the greatest value of the last third less the greatest of the first.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

import jiwer

from bench.speech.local_engine import Ours, child_rss, plain, talk
from bot.providers.local.settings import LocalSettings

MOST_GROWTH_MB = 50.0


async def measure(model: str, hours: list[float]) -> bool:
    """Print a row a recording; whether none grew by more than `MOST_GROWTH_MB`."""
    kept = True
    print("| recording | wall | word error rate | first third | last third | growth | greatest |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for length in hours:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            ours = Ours(LocalSettings(model=model, workers=1), place)
            said = plain(await asyncio.to_thread(talk, place / "talk.wav", length * 60))
            samples: list[float] = []
            watcher = asyncio.create_task(_watch(samples))
            begun = time.perf_counter()
            try:
                transcript, _ = await ours.transcribe(place / "talk.wav")
            finally:
                watcher.cancel()
                await ours.provider.close()
                await ours.preparer.close()
        working = [each for each in samples if each]  # 0 while there is no child
        third = len(working) // 3
        first, last = max(working[:third]), max(working[-third:])
        kept = kept and last - first <= MOST_GROWTH_MB
        rate = jiwer.wer(said, plain(transcript.text))
        print(
            f"| {length:g} h | {(time.perf_counter() - begun) / 60:.0f} min | {100 * rate:.1f} % | {first:.0f} MB "
            f"| {last:.0f} MB | {last - first:+.0f} MB | {max(working):.0f} MB |",
            flush=True,
        )
    return kept


async def _watch(samples: list[float]) -> None:
    while True:
        samples.append(await asyncio.to_thread(child_rss))
        await asyncio.sleep(2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="base")
    parser.add_argument("--hours", type=float, nargs="+", default=[1.0, 3.0])
    asked = parser.parse_args()
    return 0 if asyncio.run(measure(asked.model, asked.hours)) else 1


if __name__ == "__main__":
    sys.exit(main())
