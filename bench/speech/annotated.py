"""Diarization error on recordings whose speakers somebody wrote down: `python -m bench.speech.annotated FOLDER`.

FOLDER (any depth) holds NAME.wav, RTTM files that say who speaks in it when, and UEM files where only a part of it was
listened to (NIST's formats). pyannote.audio's repository has both: a telephone call (`src/pyannote/audio/sample`) and
excerpts of AMI's meetings (`tests/data`, CC BY 4.0). Prints a row a recording and one for all.
"""

import argparse
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from faster_whisper import decode_audio

from bench.speech.conversations import RATE, Span, errors
from bench.speech.diarization import answer
from bot.providers.local.speakers import weights
from bot.providers.local.speakers.regions import RegionFinder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as cache:
        finder = RegionFinder(weights.prepare(Path(cache)))
    speech = wrong = confused = 0.0
    right = count = 0
    print("| recording | DER | wrong names | people found, of |\n|---|---|---|---|")
    for name, path, end, truth in _annotated(folder):
        turns = answer(finder, decode_audio(str(path), RATE)[: int(end * RATE)])
        each = errors(truth, turns)
        people, found = len({who for _, _, who in truth}), len({who for _, _, who in turns})
        missing = each.missed + each.invented + each.confused
        print(_row(name, missing, each.confused, each.speech, f"{found}, {people}"), flush=True)
        speech, wrong, confused = speech + each.speech, wrong + missing, confused + each.confused
        right, count = right + (people == found), count + 1
    print(_row("all", wrong, confused, speech, f"right in {right} of {count}"))


def _row(name: str, wrong: float, confused: float, speech: float, people: str) -> str:
    return f"| {name} | {100 * wrong / speech:.1f} % | {100 * confused / speech:.1f} % | {people} |"


def _annotated(folder: Path) -> Iterator[tuple[str, Path, float, list[Span]]]:
    """Name, file, the end in seconds of what was listened to, and who speaks in it."""
    said: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for fields in _lines(folder, "*.rttm"):
        said[fields[1]].append((float(fields[3]), float(fields[3]) + float(fields[4]), fields[7]))
    ends = {fields[0]: float(fields[3]) for fields in _lines(folder, "*.uem")}
    for path in sorted(folder.rglob("*.wav")):
        name = next((name for name in said if _plain(name) == _plain(path.stem)), "")
        if name:
            people = sorted({who for _, _, who in said[name]})
            end = ends.get(name, 1e9)
            yield name, path, end, [(at, min(to, end), people.index(who)) for at, to, who in said[name]]


def _plain(name: str) -> str:
    """A name without accents: pyannote has one file whose name has an accent and whose annotation has none."""
    return "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))


def _lines(folder: Path, pattern: str) -> Iterator[list[str]]:
    for path in sorted(folder.rglob(pattern)):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield line.split()


if __name__ == "__main__":
    main()
