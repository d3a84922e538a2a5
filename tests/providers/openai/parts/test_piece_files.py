"""The pieces on disk."""

from pathlib import Path

import pytest

from bot.domain.errors import Rejected
from bot.providers.openai.piece_files import CutLimits, PieceFiles
from tests.simulators.provider.openai_peers import encoded, tones


async def nothing(_: float) -> None:
    pass


async def test_a_recording_is_cut_into_files_all_or_nothing(tmp_path: Path) -> None:
    source = tmp_path / "source.flac"
    source.write_bytes(encoded(tones(150.0, [(440, 0.0, 40.0), (700, 45.0, 150.0)])))
    files = PieceFiles(tmp_path / "pieces", "flac")
    limits = CutLimits("flac", 60.0, 10.0)
    pieces = await files.cut("job1", source, limits, 150.0, nothing)
    assert [one.number for one in pieces] == list(range(len(pieces)))
    assert sum(one.seconds for one in pieces) == pytest.approx(150.0)
    assert 40.0 <= pieces[1].start <= 45.0  # in the pause
    again = await files.cut("job1", source, limits, 150.0, nothing)
    assert again == pieces
    assert (tmp_path / "pieces" / "job1").stat().st_mode & 0o777 == 0o700
    assert files.kept() == ["job1"]
    files.drop("job1", 0)
    assert files.read("job1", 0) is None
    assert files.read("job1", 1) is not None
    (tmp_path / "pieces" / ".job2-abc").mkdir()
    assert files.sweep(["job1"]) == 1
    assert files.sweep([]) == 1
    assert files.kept() == []


async def test_what_cannot_be_decoded_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "source.flac"
    source.write_bytes(b"fLaC" + bytes(2000))
    files = PieceFiles(tmp_path / "pieces", "flac")
    with pytest.raises(Rejected):
        await files.cut("job1", source, CutLimits("flac", 60.0, 10.0), None, nothing)
    assert list((tmp_path / "pieces").iterdir()) == []


async def test_recordings_of_speakers_are_cut_from_the_first_piece(tmp_path: Path) -> None:
    source = tmp_path / "source.flac"
    source.write_bytes(encoded(tones(20.0, [(440, 0.0, 10.0)])))
    files = PieceFiles(tmp_path / "pieces", "flac")
    await files.cut("job1", source, CutLimits("flac", 60.0, 10.0), None, nothing)
    assert files.references("job1") is None
    made = await files.make_references("job1", {"Speaker A": (1.0, 5.0)})
    assert list(made) == ["Speaker A"]
    assert made["Speaker A"].startswith("data:audio/wav;base64,")
    assert files.references("job1") == made
