"""`python simulators/samples/make_meeting.py`: write `planning_meeting.mp3`, a made-up talk of two computer voices.

Needs an `ffmpeg` on PATH that has the filter `flite` (Debian's has). Maria has the voice `slt`, Tom has `rms`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TARGET = Path(__file__).parent / "planning_meeting.mp3"
VOICES = {"Maria": "slt", "Tom": "rms"}
RATE = 22_050
PAUSE_SECONDS = 0.7

# Plain words and short sentences, which a synthetic voice says well.
TALK = (
    ("Maria", "Good morning, Tom. Let us talk about the move to the new office. Do you have a few minutes?"),
    ("Tom", "Good morning, Maria. Yes, of course. I have the plan in front of me."),
    ("Maria", "Very good. When do we move? I would like to tell the whole team today."),
    (
        "Tom",
        "We move on Friday, the twelfth of June. The movers come at eight o'clock in the morning. "
        "They need about six hours.",
    ),
    ("Maria", "That is good news. And what does it cost?"),
    (
        "Tom",
        "The movers ask for four thousand dollars. There was a second offer for five thousand dollars, "
        "but that company was not free in June.",
    ),
    ("Maria", "Then we take the first offer. Can you sign the contract this week?"),
    ("Tom", "Yes. I will sign the contract on Wednesday, and I will send you a copy."),
    ("Maria", "Thank you. What about the computers? Last time we lost a whole day."),
    (
        "Tom",
        "This time we do it differently. Everybody packs the computer on Thursday afternoon. "
        "The network in the new office is ready already. I tested it yesterday, and it was fast.",
    ),
    ("Maria", "Wonderful. Is there anything that can still go wrong?"),
    (
        "Tom",
        "There is one thing. The elevator in the new building is small. The big table does not fit in. "
        "We must carry it up the stairs, or we must sell it.",
    ),
    ("Maria", "Let us sell it. We need a new table for the meeting room anyway. I will order one by Monday."),
    ("Tom", "Good. And somebody has to tell our customers about the new address."),
    (
        "Maria",
        "I will write to the customers next Tuesday. Please change the address on the web page on the same day.",
    ),
    ("Tom", "I will do that. Shall we meet again before the move?"),
    ("Maria", "Yes, let us meet again on Monday, the eighth of June, at ten o'clock. Thank you, Tom."),
    ("Tom", "Thank you, Maria. See you on Monday."),
)


def run(*arguments: str) -> None:
    """Run ffmpeg; raises `subprocess.CalledProcessError` when it fails."""
    program = shutil.which("ffmpeg") or sys.exit("ffmpeg is needed.")
    subprocess.run([program, "-hide_banner", "-loglevel", "error", "-y", *arguments], check=True)  # noqa: S603 - our own words, no shell


def main() -> None:
    """Speak each turn into a file of its own, join them with pauses, and write MP3, mono, 32 kbit/s."""
    with tempfile.TemporaryDirectory() as folder:
        parts: list[str] = []
        for number, (person, words) in enumerate(TALK):
            text, sound = Path(folder, f"{number}.txt"), Path(folder, f"{number}.wav")
            text.write_text(words, encoding="ascii")
            spoken = f"flite=textfile={text}:voice={VOICES[person]}"
            even = f"aresample={RATE},loudnorm=I=-18:TP=-2,aresample={RATE},apad=pad_dur={PAUSE_SECONDS}"
            run("-f", "lavfi", "-i", spoken, "-af", even, "-ac", "1", str(sound))
            parts.append(f"file '{sound}'\n")
        joined = Path(folder, "parts.txt")
        joined.write_text("".join(parts), encoding="utf-8")
        encoding = ("-c:a", "libmp3lame", "-b:a", "32k", "-map_metadata", "-1", "-fflags", "+bitexact")
        run("-f", "concat", "-safe", "0", "-i", str(joined), *encoding, str(TARGET))


if __name__ == "__main__":
    main()
