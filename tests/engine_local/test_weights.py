"""The model is joined and checked once, and only the published one is used."""

import hashlib
import importlib.util
import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from bot.providers.local.recognition.languages import LANGUAGES, whisper_code
from bot.providers.local.weights import PACKAGED, Packaged, WeightsError, install, installed_at, model_path
from bot.providers.local.whisper_small import HASHES, SmallModelError, make
from tests.support.harnesses.local_engine import local_settings

_PART = ("faster_whisper", "assets/silero_vad_v6.onnx")  # any file of an installed package


def joined(sha256: str) -> Packaged:
    return Packaged("toy", (_PART, _PART), (("faster_whisper", "version.py"),), sha256)


def part() -> bytes:
    spec = importlib.util.find_spec(_PART[0])
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / _PART[1]).read_bytes()


@pytest.mark.parametrize("name", ["base", "tiny.en"])
def test_the_published_weights_are_installed_and_complete(cache: Path, name: str) -> None:
    place = Path(model_path(local_settings(name, str(cache))))
    assert {file.name for file in place.iterdir()} == {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"}
    assert hashlib.sha256((place / "model.bin").read_bytes()).hexdigest() == PACKAGED[name].sha256


def test_parts_are_joined_once_and_not_again(tmp_path: Path) -> None:
    model = joined(hashlib.sha256(part() * 2).hexdigest())
    place = install(model, tmp_path)
    assert (place / "model.bin").read_bytes() == part() * 2
    written = (place / "model.bin").stat().st_mtime_ns
    assert install(model, tmp_path) == place
    assert (place / "model.bin").stat().st_mtime_ns == written
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_weights_that_differ_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    model = joined("0" * 64)
    with pytest.raises(WeightsError, match="differ"):
        install(model, tmp_path)
    assert not installed_at(model, tmp_path).exists()
    assert not list((tmp_path / "models").iterdir())


def test_weights_that_are_not_installed_say_how_to_get_them(tmp_path: Path) -> None:
    model = Packaged("none", (("no_such_package", "model.bin"),), (), "0" * 64)
    with pytest.raises(WeightsError, match="no_such_package") as caught:
        install(model, tmp_path)
    assert "threadscribe[local]" in caught.value.remedy


def test_a_directory_or_a_hub_name_is_taken_as_it_is(tmp_path: Path) -> None:
    assert model_path(local_settings("Systran/faster-whisper-small")) == "Systran/faster-whisper-small"
    with pytest.raises(WeightsError):
        model_path(local_settings(str(tmp_path)))
    (tmp_path / "model.bin").touch()
    assert model_path(local_settings(str(tmp_path))) == str(tmp_path)


def test_locale_names_become_whispers_codes() -> None:
    assert [whisper_code(tag) for tag in ("es-MX", "EN_us", "hy", "nb-NO", "tlh")] == ["es", "en", "hy", "no", None]
    assert len(LANGUAGES) == 100


def test_the_command_line_starts_without_the_engines_libraries() -> None:
    script = (
        "import sys, bot.providers.local.provider, bot.audio.preparer;"
        "print([name for name in ('av', 'numpy', 'faster_whisper', 'ctranslate2', 'lameenc') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_small_is_not_made_yet(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="not made yet") as caught:
        model_path(local_settings("small", str(tmp_path)))
    assert "install-model small" in caught.value.remedy


def _tarball(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"package/models/Xenova/whisper-small/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def test_a_package_that_differs_from_the_published_one_makes_no_model(tmp_path: Path) -> None:
    altered = _tarball(tmp_path / "a.tgz", dict.fromkeys(HASHES, b"{}"))
    with pytest.raises(SmallModelError, match="differs"):
        make(altered, tmp_path / "cache", lambda step, share: None)
    with pytest.raises(SmallModelError, match="not the package"):
        make(_tarball(tmp_path / "b.tgz", {}), tmp_path / "cache", lambda step, share: None)
    (tmp_path / "c.tgz").write_bytes(b"no archive")
    with pytest.raises(SmallModelError, match="not the package"):
        make(tmp_path / "c.tgz", tmp_path / "cache", lambda step, share: None)
    assert list((tmp_path / "cache" / "models").iterdir()) == []
