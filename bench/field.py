"""`python -m bench.field DIR [--all]`: every file below DIR through the bot's probe and conversion, beside FFmpeg's.

For your own archive: it shows where the bot and the programs `ffprobe` and `ffmpeg` differ. Nothing is changed or sent.
Without those programs it shows only what the bot says.
"""

import argparse
import asyncio
import json
import re
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.audio.disk import DiskFile
from bot.audio.preparer import AudioPreparer
from bot.domain.errors import StepError
from bot.ports.audio import InputLimits

_PATIENCE = 120.0  # seconds for one program and one file
_SECONDS_APART, _SHARE_APART = 1.0, 0.03  # more is a difference of length
_SOFTER = 9.0  # dB below FFmpeg's own downmix: something was lost on the way
_AS_MP3, _AS_WAV = InputLimits(frozenset({"audio/mpeg"})), InputLimits(frozenset({"audio/wav"}))


@dataclass(frozen=True, slots=True)
class Heard:
    """What one side makes of a file; a `fault` takes the place of the rest."""

    kind: str = ""
    announced: float | None = None
    seconds: float | None = None
    level: float | None = None  # mean volume in dB
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One file."""

    path: Path
    bot: Heard
    ffmpeg: Heard | None  # None where the programs are not installed
    took: float

    def differences(self) -> list[str]:
        """In words; empty when both agree, or both find nothing."""
        if self.ffmpeg is None:
            return []
        if self.bot.fault and not self.ffmpeg.fault:
            return [f"refused: {self.bot.fault}"]
        if self.ffmpeg.fault and not self.bot.fault:
            return [f"only the bot reads it (ffmpeg: {self.ffmpeg.fault})"]
        found = []
        for what, ours, theirs in (
            ("length", self.bot.seconds, self.ffmpeg.seconds),
            ("announced length", self.bot.announced, self.ffmpeg.seconds),
        ):
            if _apart(ours, theirs):
                found.append(f"{what} {ours:.1f} s, decoded {theirs:.1f} s")
        ours, theirs = self.bot.level, self.ffmpeg.level
        if ours is not None and theirs is not None and ours < theirs - _SOFTER:
            found.append(f"level {ours:.0f} dB, ffmpeg {theirs:.0f} dB")
        return found


def _apart(ours: float | None, theirs: float | None) -> bool:
    if ours is None or theirs is None:
        return False
    return abs(ours - theirs) > max(_SECONDS_APART, theirs * _SHARE_APART)


async def compare(paths: list[Path]) -> list[Row]:
    """Each file through both."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="threadscribe-field-") as scratch:
        preparer = AudioPreparer(Path(scratch))
        try:
            for path in paths:
                begun = time.monotonic()
                ours = await by_the_bot(preparer, path)
                took = time.monotonic() - begun
                rows.append(Row(path, ours, await by_ffmpeg(path), took))
        finally:
            await preparer.close()
    return rows


async def by_the_bot(preparer: AudioPreparer, path: Path) -> Heard:
    """Probe and convert (to MP3, or to WAV what is MP3)."""

    async def ignore(share: float) -> None:
        pass

    source = DiskFile(path)
    try:
        facts = await preparer.inspect(source)
        wanted = _AS_WAV if facts.mime == "audio/mpeg" else _AS_MP3
        async with preparer.prepare("field", source, facts, wanted, ignore) as payload:
            level = await _level(payload.path) if payload.path else None
            return Heard(f"{facts.container}/{facts.codec}", facts.seconds, payload.seconds, level)
    except StepError as error:
        return Heard(fault=f"{type(error).__name__}: {error.detail}")


async def by_ffmpeg(path: Path) -> Heard | None:
    """What `ffprobe` and `ffmpeg` say of the first sound track; None where they are not installed."""
    if not shutil.which("ffprobe") or not shutil.which("ffmpeg"):
        return None
    show = ("-show_entries", "format=format_name,duration:stream=codec_name", "-select_streams", "a", "-of", "json")
    code, out, _ = await _run("ffprobe", "-v", "error", *_ONLY_FILES, *show, _plain(path))
    found = json.loads(out or "{}") if code == 0 else {}
    if not found.get("streams"):
        return Heard(fault="no sound track")
    kind = f"{found['format'].get('format_name', '?')}/{found['streams'][0].get('codec_name', '?')}"
    announced = found["format"].get("duration")
    code, _, words = await _run(
        "ffmpeg", "-nostdin", *_ONLY_FILES, "-i", _plain(path), "-map", "0:a:0", "-af", _METER, "-f", "null", "-"
    )
    samples = re.findall(r"n_samples: (\d+)", words)
    if code or not samples or not int(samples[-1]):
        return Heard(fault="nothing decodes")
    seconds = int(samples[-1]) / _METER_RATE
    return Heard(kind, float(announced) if announced else None, seconds, _volume(words))


_ONLY_FILES = ("-protocol_whitelist", "file")  # a hostile file may name addresses
_METER_RATE = 16_000
_METER = f"aresample={_METER_RATE},aformat=channel_layouts=mono,volumedetect"


async def _level(path: Path) -> float | None:
    if not shutil.which("ffmpeg"):
        return None
    _, _, words = await _run("ffmpeg", "-nostdin", *_ONLY_FILES, "-i", _plain(path), "-af", _METER, "-f", "null", "-")
    return _volume(words)


def _volume(words: str) -> float | None:
    found = re.findall(r"mean_volume: (-?[\d.]+) dB", words)
    return float(found[-1]) if found else None


def _plain(path: Path) -> str:
    return f"file:{path.resolve()}"  # no name can be an option or a protocol


async def _run(*command: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(_PATIENCE):
            out, words = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return 1, "", ""
    return process.returncode or 0, out.decode(errors="replace"), words.decode(errors="replace")


def table(rows: list[Row], everything: bool) -> Table:
    """The rows that differ, or all of them."""
    shown = Table("File", "Bot", "FFmpeg", "Difference", title="Files that the bot and FFmpeg see differently")
    for row in rows:
        differences = row.differences()
        if differences or everything or row.ffmpeg is None:
            sides = [_words(row.bot), _words(row.ffmpeg) if row.ffmpeg else "not installed"]
            shown.add_row(str(row.path), *sides, "; ".join(differences))
    return shown


def _words(heard: Heard) -> str:
    length = "?" if heard.seconds is None else f"{heard.seconds:.1f} s"
    return heard.fault or f"{heard.kind} {length}"


def main() -> int:
    """Print the table and the sums; 1 when the bot refuses what FFmpeg reads."""
    parser = argparse.ArgumentParser(prog="python -m bench.field", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--all", action="store_true", help="list files without a difference, too")
    asked = parser.parse_args()
    if not asked.folder.is_dir():
        parser.error(f"{asked.folder} is not a directory")
    rows = asyncio.run(compare(sorted(entry for entry in asked.folder.rglob("*") if entry.is_file())))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    console.print(table(rows, asked.all), markup=False)
    refused = [row for row in rows if row.bot.fault and row.ffmpeg and not row.ffmpeg.fault]
    differing = sum(bool(row.differences()) for row in rows)
    slowest = max((row.took for row in rows), default=0.0)
    console.print(
        f"{len(rows)} files, {sum(not row.bot.fault for row in rows)} converted, {differing} with a difference, "
        f"{len(refused)} refused that FFmpeg reads; the slowest took {slowest:.1f} s.",
        markup=False,
    )
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
