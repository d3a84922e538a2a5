"""`make field`: the table of what the bot and FFmpeg see differently."""

from pathlib import Path

from rich.console import Console

from bench.field import Heard, Row, compare, table

FIELD = Path(__file__).parent / "field"


def shown(rows: list[Row], everything: bool = False) -> str:
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115 - lives as long as the test
    console.print(table(rows, everything), markup=False)
    return console.export_text()


def test_only_what_differs_is_listed() -> None:
    same = Row(Path("same.mp3"), Heard("mp3/mp3", 10, 10.2, -20), Heard("mp3/mp3", 10, 10.0, -21), 0.1)
    refused = Row(Path("dictation.ds2"), Heard(fault="Rejected: DS2"), Heard("dss/dss_sp", 9, 9, -20), 0.1)
    longer = Row(Path("guess.aac"), Heard("aac/aac", 203, 14, -20), Heard("aac/aac", 203, 14, -20), 0.1)
    softer = Row(Path("phase.flac"), Heard("flac/flac", 6, 6, -60), Heard("flac/flac", 6, 6, -20), 0.1)
    neither = Row(Path("notes.txt"), Heard(fault="Rejected"), Heard(fault="no sound track"), 0.1)
    text = shown([same, refused, longer, softer, neither])
    for name, words in (
        ("dictation.ds2", "refused: Rejected: DS2"),
        ("guess.aac", "announced length 203.0 s, decoded 14.0 s"),
        ("phase.flac", "level -60 dB, ffmpeg -20 dB"),
    ):
        assert name in text
        assert words in text
    assert "same.mp3" not in text
    assert "notes.txt" not in text
    assert "same.mp3" in shown([same], everything=True)


async def test_each_file_goes_through_probe_and_conversion() -> None:
    rows = await compare([FIELD / "recorder.voc", FIELD / "session_called.mp3"])
    assert [row.bot.kind for row in rows] == ["voc/pcm_u8", ""]
    assert rows[0].bot.seconds is not None
    assert abs(rows[0].bot.seconds - 3) < 0.1
    assert rows[1].bot.fault.startswith("Rejected")
    assert [row.differences() for row in rows] == [[], []]
