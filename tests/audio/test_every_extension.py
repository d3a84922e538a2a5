"""Whatever the bot says that it takes, it takes: a real file of each extension is looked at and converted."""

from collections.abc import Callable
from pathlib import Path

import av
import pytest

from bot.audio.convert import transcode
from bot.audio.formats import DEMUXERS, MP3
from bot.audio.inspection import look
from bot.audio.messages import Facts, Probe, Refused, Transcode, Transcoded
from bot.audio.preparer import AudioPreparer
from bot.audio.sniff import family
from bot.domain.audio_guess import EXTENSIONS, AudioGuess, guess_audio
from bot.domain.errors import ProblemCode, Rejected
from bot.domain.job import FileFacts
from bot.text.languages import phrases_of
from bot.text.problems import sentence
from tests.support.audio.rare_formats import amr_wb, nist_sphere, open_mg, qcelp
from tests.support.audio.recordings import Announced, record, tone

FIELD = Path(__file__).parent / "field"
Maker = Callable[[Path], bytes]


def made(codec: str, container: str, rate: int = 16_000, bit_rate: int = 0, video: bool = False) -> Maker:
    def make(folder: Path) -> bytes:
        return record(folder / "made", tone(1, rate), codec, container, rate, bit_rate, video).read_bytes()

    return make


def stored(name: str) -> Maker:
    return lambda _: (FIELD / name).read_bytes()


def crafted(data: Callable[[], bytes]) -> Maker:
    return lambda _: data()


AAC, AMR = made("aac", "mp4"), made("libopencore_amrnb", "3gp", 8000, 12_200)
FILM, WAV, WMA = made("aac", "mp4", video=True), made("pcm_s16le", "wav"), made("wmav2", "asf", bit_rate=32_000)
OPUS, WEBM = made("libopus", "ogg", 48_000), made("libopus", "webm", 48_000)
MP2, MP3_FILE = made("mp2", "mp2", bit_rate=32_000), made("libmp3lame", "mp3")
TS, PS = made("mp2", "mpegts", bit_rate=32_000), made("mp2", "vob", 48_000, 64_000)
AIFF, MKV = made("pcm_s16be", "aiff"), made("pcm_s16le", "matroska")
LATM, REAL = made("aac", "latm", 44_100), stored("lecture.rm")

FILES: dict[str, Maker] = {
    **dict.fromkeys(("3g2", "3ga", "3gp", "3gpp"), AMR),
    **dict.fromkeys(("f4a", "m4a", "m4b", "m4p", "m4r", "qta"), AAC),
    **dict.fromkeys(("f4v", "m4v", "mp4"), FILM),
    **dict.fromkeys(("mov", "qt"), made("aac", "mov", video=True)),
    **dict.fromkeys(("wav", "wave", "bwf"), WAV),
    **dict.fromkeys(("wma", "asf", "wmv"), WMA),
    **dict.fromkeys(("oga", "ogg", "ogm", "ogv", "opus"), OPUS),
    **dict.fromkeys(("weba", "webm"), WEBM),
    **dict.fromkeys(("mka", "mkv"), MKV),
    **dict.fromkeys(("mp2", "mpa"), MP2),
    **dict.fromkeys(("mp3", "mpga"), MP3_FILE),
    **dict.fromkeys(("m2ts", "mts"), TS),
    **dict.fromkeys(("mpe", "mpeg", "mpg", "vob"), PS),
    **dict.fromkeys(("aif", "aifc", "aiff"), AIFF),
    **dict.fromkeys(("latm", "loas"), LATM),
    **dict.fromkeys(("ra", "ram", "rm"), REAL),
    **dict.fromkeys(("nist", "sph"), crafted(nist_sphere)),
    **dict.fromkeys(("au", "snd"), made("pcm_s16be", "au")),
    "aac": made("aac", "adts"),
    "ac3": made("ac3", "ac3", 48_000),
    "alac": made("alac", "ipod"),
    "amr": made("libopencore_amrnb", "amr", 8000, 12_200),
    "avi": made("pcm_s16le", "avi", video=True),
    "awb": crafted(amr_wb),
    "caf": made("alac", "caf"),
    "dss": stored("dictation.dss"),
    "dts": stored("home_cinema.dts"),
    "eac3": made("eac3", "eac3", 48_000),
    "flac": made("flac", "flac"),
    "flv": made("libmp3lame", "flv", 44_100),
    "gsm": stored("asterisk.gsm"),
    "mxf": stored("camera.mxf"),
    "nut": made("pcm_s16le", "nut"),
    "oma": crafted(open_mg),
    "qcp": crafted(qcelp),
    "sf": made("pcm_s16le", "ircam"),
    "spx": stored("telephone.spx"),
    "tta": made("tta", "tta"),
    "voc": stored("recorder.voc"),
    "w64": made("pcm_s16le", "w64"),
    "wv": made("wavpack", "wv"),
}
NOTHING_WRITES = {"ape": b"MAC ", "mpc": b"MPCK", "tak": b"tBaK"}
REFUSED = {"ds2"}


def test_each_extension_has_a_file_here() -> None:
    assert FILES.keys() | NOTHING_WRITES.keys() | REFUSED == EXTENSIONS


@pytest.mark.parametrize("extension", sorted(FILES))
def test_a_file_of_each_extension_is_described_and_converted(extension: str, tmp_path: Path) -> None:
    announced = FileFacts(f"memo.{extension}", "application/octet-stream", "binary", 1)
    assert guess_audio(announced) is AudioGuess.YES
    data = FILES[extension](tmp_path)
    facts = look(Probe(len(data), [[0, len(data)]], data, last=True))
    assert isinstance(facts, Facts), facts
    source, target = tmp_path / "source", tmp_path / "target.mp3"
    source.write_bytes(data)
    done = transcode(Transcode(str(source), str(target), MP3.name, facts.seconds, 60.0), lambda share: None)
    assert isinstance(done, Transcoded), done
    assert done.seconds > 0.15
    assert done.seconds == pytest.approx(facts.seconds or done.seconds, abs=0.15)
    with av.open(str(target)) as result:
        assert sum(frame.samples for frame in result.decode(audio=0)) > 0


@pytest.mark.parametrize(("extension", "magic"), NOTHING_WRITES.items())
def test_formats_without_a_writer_are_known_and_decoded(extension: str, magic: bytes) -> None:
    assert family(magic + bytes(60)) in DEMUXERS
    assert av.Codec({"mpc": "mpc8"}.get(extension, extension), "r").type == "audio"


async def test_a_dictation_machines_second_format_is_refused_by_its_name(preparer: AudioPreparer) -> None:
    data = b"\x03ds2" + bytes(4000)
    with pytest.raises(Rejected) as caught:
        await preparer.inspect(Announced(data, len(data), "visit.ds2"))
    assert caught.value.problem.code is ProblemCode.NOT_CONVERTIBLE
    for locale in ("en", "hy", "es", "fr"):
        assert "(DS2)" in sentence(caught.value.problem, phrases_of(locale))


def test_a_name_changes_nothing_of_what_is_inside(tmp_path: Path) -> None:
    text = b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n"
    answer = look(Probe(len(text), [[0, len(text)]], text, last=True))
    assert isinstance(answer, Refused)
    assert answer.code == ProblemCode.NOT_AUDIO.value
