"""The model is joined and checked once, and only the published one is used."""

import hashlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from bot.providers.local.languages import LANGUAGES, whisper_code
from bot.providers.local.weights import PACKAGED, Packaged, WeightsError, install, installed_at, model_path
from tests.support.local_engine_harness import local_settings

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
