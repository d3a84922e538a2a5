"""Small files of formats that no library here writes, after their public descriptions. What they hold is noise."""

import random
import struct


def amr_wb() -> bytes:
    """RFC 4867, section 5: frames of the lowest mode, 20 ms each."""
    return b"#!AMR-WB\n" + b"".join(bytes([0x04]) + _noise(17, seed) for seed in range(50))


def nist_sphere() -> bytes:
    """NIST SPHERE: a text header of 1024 bytes, then PCM."""
    fields = (
        "channel_count -i 1",
        "sample_rate -i 16000",
        "sample_n_bytes -i 2",
        "sample_byte_format -s2 01",
        "sample_coding -s3 pcm",
        "sample_count -i 16000",
    )
    header = "\n".join(["NIST_1A", "   1024", *fields, "end_head", ""]).encode()
    return header.ljust(1024) + _noise(32_000)


def open_mg() -> bytes:
    """Sony OpenMG: an ID3-like tag, a header of 96 bytes (here: PCM of 44.1 kHz), then the sound."""
    header = bytearray(96)
    header[0:4], header[4:6], header[6:8], header[32] = b"EA3\x01", (96).to_bytes(2, "big"), b"\xff\xff", 4
    return b"ea3\x03" + bytes(6) + bytes(header) + _noise(88_200)


def qcelp() -> bytes:
    """RFC 3625: QCELP 13K in the QCP file format, full rate packets of 20 ms."""
    rates = bytes([34, 4, 16, 3, 7, 2, 3, 1, 0, 0])  # bytes of a packet and its rate octet
    guid = bytes.fromhex("416d7f5e15b1d011ba9100805fb4b97e")
    description = bytes([1, 0]) + guid + b"\x02\x00" + b"QCELP 13K".ljust(80, b"\0")
    description += struct.pack("<5HI", 13_000, 35, 160, 8000, 16, 5) + rates.ljust(16, b"\0") + bytes(20)
    packets = b"".join(b"\x04" + _noise(34, seed) for seed in range(50))
    body = (
        b"QLCM" + _chunk(b"fmt ", description) + _chunk(b"vrat", struct.pack("<II", 1, 50)) + _chunk(b"data", packets)
    )
    return _chunk(b"RIFF", body)


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content


def _noise(length: int, seed: int = 7) -> bytes:
    return random.Random(seed).randbytes(length)
