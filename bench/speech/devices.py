"""The local engine on the processor and on a graphics card: `python -m bench.speech.devices [--model base] [cpu cuda]`.

For each device: the time until the model is loaded and has passed its self-test, then the wall time and the word error
rate of the same speech, through the engine's confined child as the bot uses it. A device that cannot be used is shown
with its reason, and the exit status is 1.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

import jiwer

from bench.speech.local_engine import SAMPLES, Ours, child_rss, plain, talk
from bot.providers.local.pool import cores
from bot.providers.local.settings import LocalSettings


async def measure(settings: LocalSettings, speech: Path, words: str) -> str:
    """A row of the table: device, load, wall, speech a second of wall, word error rate, memory of the child."""
    name = f"| {settings.device} {settings.compute_type}".rstrip()
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(settings, Path(folder))
        try:
            begun = time.perf_counter()
            findings = await ours.provider.check()
            loaded = time.perf_counter() - begun
            if wrong := [finding for finding in findings if not finding.ok]:
                return f"{name} | not usable: {wrong[0].detail} | | | | |"
            await ours.transcribe(SAMPLES / "jfk.wav")  # the first recording pays for what is made once
            transcript, wall = await ours.transcribe(speech)
            error_rate = jiwer.wer(plain(words), plain(transcript.text))
            speed = (transcript.seconds or 0.0) / wall
            memory = await asyncio.to_thread(child_rss)
            return f"{name} | {loaded:.1f} s | {wall:.1f} s | {speed:.0f} | {error_rate:.3f} | {memory:.0f} MB |"
        finally:
            await ours.provider.close()
            await ours.preparer.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("devices", nargs="*", default=["cpu", "cuda"], help="each DEVICE or DEVICE:COMPUTE_TYPE")
    parser.add_argument("--model", default="base")
    parser.add_argument("--minutes", type=float, default=10.0, help="of speech")
    asked = parser.parse_args()
    print(f"Whisper {asked.model}, {asked.minutes:g} minutes of speech, {cores()} cores\n")
    print("| device | loaded and tested | wall | speech in a second | word error rate | memory of the child |")
    print("|---|---|---|---|---|---|")
    unusable = False
    with tempfile.TemporaryDirectory() as folder:
        speech = Path(folder) / "speech.wav"
        words = talk(speech, asked.minutes)
        for device in asked.devices:
            name, _, compute_type = device.partition(":")
            settings = LocalSettings.model_validate(
                {"model": asked.model, "workers": 1, "device": name, "compute_type": compute_type}
            )
            row = asyncio.run(measure(settings, speech, words))
            unusable = unusable or "not usable" in row
            print(row, flush=True)
    return 1 if unusable else 0


if __name__ == "__main__":
    sys.exit(main())
