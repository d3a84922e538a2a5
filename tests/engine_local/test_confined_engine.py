"""The engine's child hears strangers' recordings with no more rights than that takes."""

import os
import resource
import sys
from pathlib import Path

import pytest

from bot.providers.local.child_main import model_places
from bot.subprocesses.confinement import missing
from tests.support.harnesses.local_engine import SAMPLES, LocalHarness
from tests.support.machine.processes import children, commands

ENGINE = "bot.providers.local.child_main"


@pytest.mark.engine
@pytest.mark.timeout(300)
@pytest.mark.skipif(bool(missing()), reason=f"this machine lacks {missing()}")
async def test_it_transcribes_without_network_or_a_file_to_write(harness: LocalHarness) -> None:
    assert "country" in (await harness.transcribe(SAMPLES / "jfk.wav")).text
    child = next(pid for pid in children() if ENGINE in commands(pid))
    status = Path(f"/proc/{child}/status").read_text()  # noqa: ASYNC240 - the kernel answers at once
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    assert resource.prlimit(child, resource.RLIMIT_FSIZE) == (0, 0)
    assert resource.prlimit(child, resource.RLIMIT_CORE) == (0, 0)
    assert resource.prlimit(child, resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


@pytest.mark.engine
@pytest.mark.timeout(300)
async def test_no_library_in_it_keeps_a_report_for_its_maker(harness: LocalHarness, tmp_path: Path) -> None:
    """onnxruntime would: an identifier of the machine and a database of events below the user's cache."""
    await harness.transcribe(SAMPLES / "jfk.wav")
    (child,) = (pid for pid in children() if ENGINE in commands(pid))
    opened = [os.readlink(each) for each in Path(f"/proc/{child}/fd").iterdir()]  # noqa: ASYNC240 - at once
    assert [each for each in opened if not each.startswith(("pipe:", "/dev/null", str(tmp_path)))] == []


@pytest.mark.skipif(sys.platform == "win32", reason="links")
def test_the_files_of_a_model_from_the_hub_lie_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "abc").write_bytes(b"weights")
    snapshot = tmp_path / "snapshots" / "1"
    snapshot.mkdir(parents=True)
    (snapshot / "model.bin").symlink_to("../../blobs/abc")
    assert model_places(snapshot) == {snapshot, tmp_path / "blobs"}
    assert model_places(Path("small.en")) == set()
