"""Diarization error on conversations built from single voices: `python -m bench.speech.diarization [FOLDER]`.

FOLDER holds LibriSpeech clips (any depth; the speaker is what stands before the first hyphen of a name). Without it the
four voices of the tests are used. Prints a row a set: error rate, wrong names, files with the right number of speakers;
the last row is calls of two people with a channel each, which leak into each other at -30 dB.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from bench.speech.conversations import by_telephone, conversation, errors, in_room, voices
from bot.providers.local.recognition.channels import is_separate, without_crosstalk
from bot.providers.local.recognition.speech import find_speech, levelled
from bot.providers.local.speakers import weights
from bot.providers.local.speakers.regions import RegionFinder
from bot.providers.local.speakers.turns import speaker_turns

FOLDER = Path(__file__).parents[2] / "tests" / "engine_local" / "voices"
_BLOCK = 180 * 16_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    parser.add_argument("--files", type=int, default=4, help="conversations a set")
    parser.add_argument("--seconds", type=float, default=120.0)
    asked = parser.parse_args()
    clips = voices(asked.folder)
    with tempfile.TemporaryDirectory() as cache:
        finder = RegionFinder(weights.prepare(Path(cache)))
    print(
        "| speakers | kind | files | DER | wrong names | number right | CPU per second |\n|---|---|---|---|---|---|---|"
    )
    for kind in ("wide band", "telephone", "room"):
        for people in range(1, min(5, len(clips)) + 1):
            _row(finder, clips, kind, people, asked.files, asked.seconds)
    _calls(clips, asked.files, asked.seconds)


def _row(
    finder: RegionFinder,
    clips: dict[str, list[np.typing.NDArray[np.float32]]],
    kind: str,
    people: int,
    files: int,
    seconds: float,
) -> None:
    speech = wrong = confused = right = 0.0
    took = length = 0.0
    for seed in range(files):
        chance = np.random.default_rng(1000 * people + seed)
        chosen = sorted(chance.choice(sorted(clips), people, replace=False))
        talk = conversation({name: clips[name] for name in chosen}, seed, seconds)
        sound = {"wide band": talk.sound, "telephone": by_telephone(talk.sound), "room": in_room(talk.sound, seed)}[
            kind
        ]
        begun = time.process_time()
        turns = answer(finder, sound)
        took += time.process_time() - begun
        length += talk.seconds
        found = errors(talk.spans, turns)
        speech += found.speech
        wrong += found.missed + found.invented + found.confused
        confused += found.confused
        right += len({speaker for _, _, speaker in turns}) == people
    print(
        f"| {people} | {kind} | {files} | {100 * wrong / speech:.1f} % | {100 * confused / speech:.1f} % "
        f"| {right:.0f} | {took / length:.3f} |",
        flush=True,
    )


def _calls(clips: dict[str, list[np.typing.NDArray[np.float32]]], files: int, seconds: float) -> None:
    speech = wrong = confused = right = took = length = 0.0
    for seed in range(files):
        chosen = sorted(np.random.default_rng(2000 + seed).choice(sorted(clips), 2, replace=False))
        talk = conversation({name: clips[name] for name in chosen}, seed, seconds)
        stereo = (talk.channels + talk.channels[::-1] * np.float32(10 ** (-30 / 20))).astype(np.float32)
        begun = time.process_time()
        right += is_separate(stereo)
        found = [find_speech(channel).certain for channel in without_crosstalk(stereo)]
        took += time.process_time() - begun
        length += talk.seconds
        turns = [(span.start, span.end, number) for number, spans in enumerate(found) for span in spans]
        each = errors(talk.spans, turns)
        speech += each.speech
        wrong += each.missed + each.invented + each.confused
        confused += each.confused
    print(
        f"| 2 | call, a channel each | {files} | {100 * wrong / speech:.1f} % | {100 * confused / speech:.1f} % "
        f"| {right:.0f} | {took / length:.3f} |",
        flush=True,
    )


def answer(finder: RegionFinder, sound: np.typing.NDArray[np.float32]) -> list[tuple[float, float, int]]:
    """The turns, block by block and at one level, as the engine works."""
    regions = []
    for number, start in enumerate(range(0, len(sound), _BLOCK)):
        regions += finder.find(levelled(sound[start : start + _BLOCK]), start / 16_000, 1000 * number)
    return [(turn.start, turn.end, turn.speaker) for turn in speaker_turns(regions)]


if __name__ == "__main__":
    main()
