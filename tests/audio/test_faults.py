"""What a fault in the audio child means: an error of ours is never said to be a damaged file.

The children's Python is given a `sitecustomize` module, which changes PyAV as another version of it would, or has a
decoder bring the process down.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.audio.disk import DiskFile
from bot.audio.preparer import AudioPreparer
from bot.domain.errors import InternalFault, ProblemCode, Rejected, Transient
from bot.ports.audio import AudioFacts, InputLimits
from bot.subprocesses.child import ChildFailedError
from tests.support.audio.recordings import SAMPLES

MP3_ONLY = InputLimits(frozenset({"audio/mpeg"}))
FACTS = AudioFacts("wav", "pcm_s16le", 11.0, "audio/wav")
SAMPLE = DiskFile(SAMPLES / "jfk.wav")

# The signature of PyAV 19: `metadata_errors` is gone.
NEWER_PYAV = """
import av
real = av.open
def open(file, mode=None):
    return real(file, mode)
av.open = open
"""
CRASHES = """
import av, os, signal
def open(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)
av.open = open
"""

# One gigabyte in the child, as a file that asks its decoder for it.
GREEDY = """
import av
def open(*arguments, **options):
    return bytearray(2**30)
av.open = open
"""
FULL = """
import collections, shutil
shutil.disk_usage = lambda path: collections.namedtuple("usage", "total used free")(2**40, 2**40, 2**20)
"""

Alter = Callable[[str, str], None]


@pytest.fixture
def alter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Alter:
    """Puts a module before all others of the children's Python."""

    def put(name: str, source: str) -> None:
        (tmp_path / "altered").mkdir(exist_ok=True)
        (tmp_path / "altered" / f"{name}.py").write_text(source)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "altered"))
        # A second source of the same second and length would else be taken for the first one's bytecode.
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    return put


async def ignore(share: float) -> None:
    pass


async def convert(preparer: AudioPreparer) -> None:
    async with preparer.prepare("job", SAMPLE, FACTS, MP3_ONLY, ignore):
        pass


async def test_a_type_error_while_probing_is_an_error_of_ours_with_its_traceback(
    preparer: AudioPreparer, alter: Alter
) -> None:
    alter("sitecustomize", NEWER_PYAV)
    with pytest.raises(InternalFault, match="TypeError") as caught:
        await preparer.inspect(SAMPLE)
    assert isinstance(caught.value.__cause__, ChildFailedError)
    assert "metadata_errors" in str(caught.value.__cause__)
    assert "in look" in str(caught.value.__cause__)


async def test_a_type_error_while_converting_is_an_error_of_ours_with_its_traceback(
    preparer: AudioPreparer, alter: Alter
) -> None:
    alter("sitecustomize", NEWER_PYAV)
    with pytest.raises(InternalFault, match="TypeError") as caught:
        await convert(preparer)
    assert "in transcode" in str(caught.value.__cause__)


async def test_a_child_that_cannot_start_is_an_error_of_ours_with_what_it_wrote(
    preparer: AudioPreparer, alter: Alter
) -> None:
    alter("av", "raise ImportError('libavcodec is missing')")
    for attempt in (preparer.inspect(SAMPLE), convert(preparer)):
        with pytest.raises(InternalFault, match="libavcodec is missing") as caught:
            await attempt
        assert "Traceback" in "".join(caught.value.__notes__)


async def test_bytes_that_bring_the_decoder_down_twice_are_refused(preparer: AudioPreparer, alter: Alter) -> None:
    alter("sitecustomize", CRASHES)
    for attempt, code in (
        (preparer.inspect(SAMPLE), ProblemCode.CORRUPT),
        (convert(preparer), ProblemCode.NOT_CONVERTIBLE),
    ):
        with pytest.raises(Rejected, match="signal 9") as caught:
            await attempt
        assert caught.value.problem.code is code


async def test_a_file_that_needs_more_memory_than_a_child_may_have_is_refused(
    preparer: AudioPreparer, alter: Alter
) -> None:
    alter("sitecustomize", GREEDY)
    for attempt in (preparer.inspect(SAMPLE), convert(preparer)):
        with pytest.raises(Rejected, match="MemoryError") as caught:
            await attempt
        assert caught.value.problem.code is ProblemCode.NOT_CONVERTIBLE


async def test_a_conversion_keeps_the_disks_floor_and_waits_if_others_use_the_disk(
    alter: Alter, tmp_path: Path
) -> None:
    alter("sitecustomize", FULL)
    preparer = AudioPreparer(tmp_path / "spool")
    try:
        with pytest.raises(Rejected) as caught:
            await convert(preparer)
        assert caught.value.problem.code is ProblemCode.NO_SPACE
        disk = InputLimits(frozenset(), on_disk=True)
        async with preparer.prepare("other", SAMPLE, FACTS, disk, ignore):
            with pytest.raises(Transient):
                await convert(preparer)
    finally:
        await preparer.close()


async def test_a_decoder_that_crashes_once_is_tried_again(
    preparer: AudioPreparer, alter: Alter, tmp_path: Path
) -> None:
    for number, work in enumerate((preparer.inspect(SAMPLE), convert(preparer))):
        once = tmp_path / f"crashed-{number}"
        alter(
            "sitecustomize",
            f"import pathlib\nmark = pathlib.Path({str(once)!r})\nif not mark.exists():\n    mark.touch()\n"
            + "".join(f"    {line}\n" for line in CRASHES.strip().splitlines()),
        )
        await work
        assert once.exists()
