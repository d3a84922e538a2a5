"""Files that ask their reader to open something else: an address, a file beside it. Nothing is opened.

Each payload goes through the three ways in which the bot opens media: the probe, the reader of a conversion, and the
whole preparer with its child process.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import av
import pytest

from bot.audio.decoding.reading import AudioReader, UnusableAudio
from bot.audio.disk import DiskFile
from bot.audio.inspection import look
from bot.audio.messages import Probe, Refused
from bot.audio.preparer import AudioPreparer
from bot.domain.errors import Rejected, Transient
from tests.support.audio.recordings import SAMPLES

NAMES = ("visit.mp3", "visit.mp4", "visit.m3u8")


class Listener:
    """A port of loopback that counts who connects."""

    def __init__(self) -> None:
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                connection.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


def atom(kind: bytes, data: bytes) -> bytes:
    """A box of QuickTime."""
    return struct.pack(">I4s", 8 + len(data), kind) + data


def quicktime(target: str) -> bytes:
    """A movie that refers to another one, and a track whose data are elsewhere (an `alis` or `url ` reference)."""
    reference = atom(b"rdrf", bytes(4) + b"url " + struct.pack(">I", len(target)) + target.encode())
    movie = atom(b"moov", atom(b"rmra", atom(b"rmda", reference)))
    outside = atom(b"dref", struct.pack(">II", 0, 1) + atom(b"url ", bytes(4) + target.encode() + b"\0"))
    track = atom(b"moov", atom(b"trak", atom(b"mdia", atom(b"minf", atom(b"dinf", outside)))))
    return atom(b"ftyp", b"qt  " + bytes(4)) + movie + track


def payloads(target: str) -> list[bytes]:
    """What asks for `target`, in the formats that can."""
    playlist = f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n"
    port = target.rpartition(":")[2][:5]
    key = f'#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF:10,\nsegment.ts\n'
    mapped = f'#EXT-X-MAP:URI="{target}"\n#EXTINF:10,\nsegment.mp4\n'
    master = f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\n{target}\n"
    media = f'#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="{target}"\n'
    dash = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet '
        f'mimeType="audio/mp4"><Representation id="1" bandwidth="1"><BaseURL>{target}</BaseURL></Representation>'
        "</AdaptationSet></Period></MPD>"
    )
    texts = [
        playlist,
        playlist.replace("#EXTINF", key + "#EXTINF", 1),
        playlist.replace("#EXTINF", mapped + "#EXTINF", 1),
        master,
        media,
        dash,
        f"ffconcat version 1.0\nfile '{target}'\n",
        f"ffconcat version 1.0\nfile {target}\nduration 5\n",
        f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\n",
        f"[playlist]\nFile1={target}\nNumberOfEntries=1\n",
        f'<asx version="3.0"><entry><ref href="{target}"/></entry></asx>',
        f"[Reference]\nRef1={target}\n",
        f'<smil><body><audio src="{target}"/></body></smil>',
        f'<playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList><track><location>{target}</location></track></trackList></playlist>',
        f"rtsp {target}",
        f"RTSPtext\r\n{target}\r\n",
        f";FFMETADATA1\ntitle={target}\n",
        f"#!/bin/sh\n{target}\n",
        f"file:{target}",
        f"concat:{target}|{target}",
        f"subfile,,start,0,end,100,,:{target}",
    ]
    return [*(text.encode() for text in texts), quicktime(target)]


def open_as_probe(data: bytes, _: Path) -> str:
    answer = look(Probe(len(data), [[0, len(data)]], data, last=True))
    return "refused" if isinstance(answer, Refused) else repr(answer)


def open_as_reader(_: bytes, path: Path) -> str:
    try:
        with AudioReader(path) as reader:
            return f"{sum(len(piece) for piece in reader.pieces())} samples"
    except (UnusableAudio, av.FFmpegError, UnicodeDecodeError):
        return "refused"


def asked_for(port: int, beside: Path) -> list[str]:
    """Addresses and files that the payloads ask for."""
    return [
        f"http://127.0.0.1:{port}/a.mp3",
        f"tcp://127.0.0.1:{port}",
        f"rtsp://127.0.0.1:{port}/a",
        f"rtmp://127.0.0.1:{port}/a",
        f"ftp://127.0.0.1:{port}/a.mp3",
        f"gopher://127.0.0.1:{port}/a",
        beside.name,
        str(beside),
        f"file:{beside}",
    ]


def test_nothing_that_a_file_names_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """0 connections and 0 foreign sounds in 2 openers x 3 names x 22 payloads x 9 things to open."""
    beside = tmp_path / "secret.wav"
    beside.write_bytes((SAMPLES / "jfk.wav").read_bytes())
    monkeypatch.chdir(tmp_path)
    listener, tries, opened = Listener(), 0, []
    try:
        for target in asked_for(listener.port, beside):
            for number, data in enumerate(payloads(target)):
                for name in NAMES:
                    path = tmp_path / name
                    path.write_bytes(data)
                    for opener in (open_as_probe, open_as_reader):
                        tries += 1
                        if (said := opener(data, path)) != "refused":
                            opened.append((opener.__name__, number, target, said))
    finally:
        listener.close()
    assert opened == []
    assert listener.connections == 0
    assert tries == 1_188


async def test_nor_by_the_child_that_converts(preparer: AudioPreparer, tmp_path: Path) -> None:
    """The whole way once for each payload, asking for an address and for a file."""
    beside = tmp_path / "secret.wav"
    beside.write_bytes((SAMPLES / "jfk.wav").read_bytes())
    listener, tries = Listener(), 0
    try:
        for target in (f"http://127.0.0.1:{listener.port}/a.mp3", str(beside)):
            for number, data in enumerate(payloads(target)):
                path = tmp_path / NAMES[number % len(NAMES)]
                path.write_bytes(data)
                with pytest.raises((Rejected, Transient)):
                    await preparer.inspect(DiskFile(path))
                tries += 1
    finally:
        listener.close()
    assert listener.connections == 0
    assert tries == 44


@pytest.fixture
async def preparer(tmp_path: Path) -> AsyncIterator[AudioPreparer]:
    preparer = AudioPreparer(tmp_path / "spool")
    yield preparer
    await preparer.close()
