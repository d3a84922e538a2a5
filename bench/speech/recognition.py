"""Word error rates of the local engine, before and after: `python -m bench.speech.recognition [FOLDER] [--model base]`.

FOLDER holds recordings with their words beside them: LibriSpeech's layout (`*.trans.txt`, CC BY 4.0), or `NAME.txt`
beside each `NAME.wav`, `.flac` or `.ogg`. Without it the samples of the local workspace are used (public domain).
The recordings are joined with short pauses and heard in several conditions; the last is English, Spanish and English
again, from the samples. "Before" is what the engine did until 0.1:
faster-whisper with its own voice detection, without word times, in blocks of three minutes.
"""

import argparse
import re
import time
from collections.abc import Callable
from pathlib import Path

import jiwer
import numpy as np
from faster_whisper import WhisperModel, decode_audio
from numpy.typing import NDArray

from bench.speech.conversations import by_telephone
from bot.audio.decoding.cutting import cut
from bot.providers.local.recognition.blocks import LONGEST
from bot.providers.local.recognition.speech import Span, levelled
from bot.providers.local.recognition.transcribe import Transcriber, Wishes
from bot.providers.local.settings import LocalSettings
from bot.providers.local.speakers import weights
from bot.providers.local.speakers.regions import RegionFinder
from bot.providers.local.weights import cache_dir, model_path

RATE = 16_000
SAMPLES = Path(__file__).parents[2] / "simulators" / "samples"
Floats = NDArray[np.float32]
Hearing = Callable[[Floats], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--model", default="base")
    parser.add_argument("--seconds", type=float, default=300.0, help="of speech at most")
    asked = parser.parse_args()
    clips = pairs(asked.folder)
    said, sound = joined(clips, asked.seconds)
    settings = LocalSettings(model=asked.model)
    model = model_path(settings)
    ways = {"before": before(model), "now": now(model), "now, with speakers": now(model, cache_dir(settings))}
    print(f"{len(said.split())} words, {len(sound) / RATE:.0f} s, Whisper {asked.model}\n")
    print("| condition | " + " | ".join(f"{name}: WER (D), CPU" for name in ways) + " |")
    print("|---|" + "---|" * len(ways))
    rows = {name: (said, heard) for name, heard in conditions(sound).items()}
    if not asked.model.endswith(".en"):
        rows["English, Spanish, English"] = mixed()
    for name, (truth, heard) in rows.items():
        cells = []
        for hear in ways.values():
            begun = time.process_time()
            text = hear(heard)
            took = (time.process_time() - begun) / (len(heard) / RATE)
            found = jiwer.process_words(plain(truth), plain(text) or "nothing")
            cells.append(f"{100 * found.wer:.1f} % ({found.deletions}), {took:.3f}")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def before(model: str) -> Hearing:
    """The engine as it was."""
    whisper = WhisperModel(model, device="cpu", compute_type="int8")

    def hear(sound: Floats) -> str:
        text: list[str] = []
        language: str | None = None
        for block in cut([sound[None]], LONGEST):
            segments, info = whisper.transcribe(
                block.samples[0], language=language, beam_size=5, vad_filter=True, condition_on_previous_text=False
            )
            kept = [segment.text for segment in segments if segment.avg_logprob >= -1.2]
            language = language or (info.language if kept else None)
            text += kept
        return " ".join(text)

    return hear


def now(model: str, cache: Path | None = None) -> Hearing:
    """The engine as it is; with `cache` also the second detection, which telling speakers apart brings along."""
    transcriber = Transcriber(model, 0)
    finder = RegionFinder(weights.prepare(cache)) if cache else None

    def hear(sound: Floats) -> str:
        text: list[str] = []
        language: str | None = None
        for block in cut([sound[None]], LONGEST):
            samples = block.samples[0]
            regions = finder.find(levelled(samples)) if finder else []
            heard = [Span(region.start, region.end) for region in regions]
            words = transcriber.transcribe_block(samples, 0.0, Wishes(before=language), _ignore, heard)
            language = words.language or language
            text += [segment.text for segment in words.segments]
        return " ".join(text)

    return hear


def pairs(folder: Path | None) -> list[tuple[str, Floats]]:
    """Words and sound of each recording."""
    if folder is None:
        return [clip for name, clip in samples().items() if name.startswith("sense_0") or name == "jfk.wav"]
    found: list[tuple[str, Floats]] = []
    for listing in sorted(folder.rglob("*.trans.txt")):
        for line in listing.read_text(encoding="utf-8").splitlines():
            name, _, said = line.partition(" ")
            if (path := listing.parent / f"{name}.flac").is_file():
                found.append((said, _decoded(path)))
    listed = sorted(path for path in folder.rglob("*") if path.suffix in {".wav", ".flac", ".ogg"})
    beside = [path for path in listed if path.with_suffix(".txt").is_file()]
    return found + [(path.with_suffix(".txt").read_text(encoding="utf-8"), _decoded(path)) for path in beside]


def samples() -> dict[str, tuple[str, Floats]]:
    """Words and sound of the local workspace's samples that have both, by the name of the file."""
    rows = [
        [cell.strip().strip("`") for cell in line.split("|")[1:4]]
        for line in (SAMPLES / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith(("| `jfk.wav", "| `sense_0", "| `prueba"))
    ]
    return {name: (said, _decoded(SAMPLES / name)) for name, _, said in rows}


def mixed() -> tuple[str, Floats]:
    """Somebody speaks English, then somebody Spanish, then English again."""
    found = samples()
    names = ("jfk.wav", "prueba_de_eco_es.wav", "sense_0870.m4a", "sense_0890.ogg", "sense_0920.webm")
    return joined([found[name] for name in names], 300.0)


def joined(clips: list[tuple[str, Floats]], seconds: float) -> tuple[str, Floats]:
    """All words and one recording, pauses of 0.4 to 1.8 s between the clips."""
    chance = np.random.default_rng(1)
    said: list[str] = []
    parts: list[Floats] = []
    for words, clip in clips:
        if sum(len(part) for part in parts) > seconds * RATE:
            break
        quiet = chance.normal(0, 3e-4, int(chance.uniform(0.4, 1.8) * RATE)).astype(np.float32)
        said.append(words)
        parts += [clip, quiet]
    return " ".join(said), np.concatenate(parts)


def conditions(sound: Floats) -> dict[str, Floats]:
    """The recording as it is, and as people send it."""
    level = float(np.sqrt((sound**2).mean()))

    def noisy(decibels: float) -> Floats:
        noise = np.random.default_rng(2).normal(0, level * 10 ** (-decibels / 20), len(sound))
        return (sound + noise).astype(np.float32)

    def at(decibels: float) -> Floats:
        soft = sound * np.float32(10 ** (decibels / 20) / level)
        return (np.round(soft * 32_768) / 32_768).astype(np.float32)  # as 16-bit samples have it

    return {
        "clean": sound,
        "telephone": by_telephone(sound),
        "quiet (-40 dBFS)": at(-40),
        "very quiet (-55 dBFS)": at(-55),
        "noise 10 dB": noisy(10),
    }


def plain(text: str) -> str:
    """Words alone: lower case, no punctuation, hyphens as spaces."""
    return " ".join(re.sub(r"[^\w\s']", "", text.lower().replace("-", " ").replace("mr.", "mister")).split())


def _decoded(path: Path) -> Floats:
    sound: Floats = decode_audio(str(path), RATE)
    return sound


def _ignore(at: float) -> None:
    pass


if __name__ == "__main__":
    main()
