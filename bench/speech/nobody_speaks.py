"""Words that the local engine hears where nobody speaks: `python -m bench.speech.nobody_speaks [--model base]`.

Silence, noise, hum, tones, music made of notes and beats, and a buzzing; each 20 s, heard plainly, with a vocabulary
to be tempted by, and with the second detection of speech that telling speakers apart brings along.
"""

import argparse

import numpy as np
from numpy.typing import NDArray

from bot.providers.local.recognition.speech import Span, levelled
from bot.providers.local.recognition.transcribe import Transcriber, Wishes
from bot.providers.local.settings import LocalSettings
from bot.providers.local.speakers import weights
from bot.providers.local.speakers.regions import RegionFinder
from bot.providers.local.weights import cache_dir, model_path

RATE = 16_000
VOCABULARY = ("Helstone", "amoxicillin", "Hakobyan", "Xosum", "Petrosyan")
Sound = NDArray[np.int16]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="base")
    settings = LocalSettings(model=parser.parse_args().model)
    transcriber = Transcriber(model_path(settings), 0)
    finder = RegionFinder(weights.prepare(cache_dir(settings)))
    print("| sound | words | with a vocabulary | with speakers | with both |\n|---|---|---|---|---|")
    for name, sound in sounds_without_speech().items():
        samples = (sound / 32_768).astype(np.float32)
        regions = [Span(region.start, region.end) for region in finder.find(levelled(samples), embed=False)]
        cells = []
        for heard in ([], regions):
            for vocabulary in ((), VOCABULARY):
                found = transcriber.transcribe_block(samples, 0.0, Wishes(vocabulary=vocabulary), _ignore, heard)
                cells.append(" ".join(segment.text for segment in found.segments).strip() or "none")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def sounds_without_speech() -> dict[str, Sound]:
    """20 s each, 16 bits at `RATE`, by name; the same at every call."""
    chance = np.random.default_rng(5)
    times = np.arange(20 * RATE) / RATE
    music = np.zeros(len(times))
    for beat in range(40):
        pitch = (220.0, 261.6, 329.6, 392.0, 440.0)[chance.integers(5)]
        at = np.arange(int(0.6 * RATE)) / RATE
        note = sum(np.sin(2 * np.pi * pitch * k * at) / k for k in range(1, 8)) * np.exp(-3 * at)
        start = beat * RATE // 2
        end = min(len(music), start + len(note))
        music[start:end] += note[: end - start] * 0.2
        music[start : start + 800] += chance.normal(0, 0.3, 800)
    waves = {
        "silence": np.zeros(len(times)),
        "white noise": chance.normal(0, 0.1, len(times)),
        "loud noise": chance.normal(0, 0.4, len(times)),
        "rumble": np.cumsum(chance.normal(0, 0.01, len(times))) / 5,
        "tone": 0.5 * np.sin(2 * np.pi * 440 * times),
        "beeps": 0.5 * np.sin(2 * np.pi * 1000 * times) * (times % 1 < 0.3),
        "hum": 0.3 * np.sign(np.sin(2 * np.pi * 50 * times)),
        "music": music,
        # A buzzing that voice detection takes for a voice now and then.
        "buzz": (np.cumsum(120 + 20 * np.sin(2 * np.pi * 0.7 * times)) / RATE % 1 < 0.1)
        * 0.3
        * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * times)),
    }
    return {name: (np.clip(wave, -1, 1) * 32_000).astype(np.int16) for name, wave in waves.items()}


def _ignore(at: float) -> None:
    pass


if __name__ == "__main__":
    main()
