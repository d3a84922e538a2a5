"""FLAC files that hold far more, or less, than one would think (RFC 9639)."""


def flac_of_silence(frames: int, block: int = 65_535, rate: int = 8_000) -> bytes:
    """A mono 16-bit FLAC of `frames` blocks of one value each: 15 or so bytes for eight seconds."""
    info = block.to_bytes(2, "big") * 2 + bytes(6)
    info += ((rate << 44) | (0 << 41) | (15 << 36)).to_bytes(8, "big") + bytes(16)
    return b"fLaC\x80" + len(info).to_bytes(3, "big") + info + b"".join(_frame(n, block) for n in range(frames))


def with_flac_length(flac: bytes, seconds: float | None, rate: int = 8_000) -> bytes:
    """The same file with another number of samples in its header; None writes 0, which means unknown."""
    at = 4 + 4 + 10
    fields = int.from_bytes(flac[at : at + 8], "big")
    fields = fields >> 36 << 36 | int((seconds or 0) * rate)
    return flac[:at] + fields.to_bytes(8, "big") + flac[at + 8 :]


def _frame(number: int, block: int) -> bytes:
    # Sync and fixed block size; block size of 16 bits and the rate of STREAMINFO; mono, 16 bits.
    head = b"\xff\xf8" + b"\x70" + b"\x08" + _utf8(number) + (block - 1).to_bytes(2, "big")
    head += bytes([_crc(head, 0x07, 8)])
    body = head + b"\x00" + b"\x00\x00"  # a constant subframe of the value 0
    return body + _crc(body, 0x8005, 16).to_bytes(2, "big")


def _utf8(number: int) -> bytes:
    return chr(number).encode("utf-8", "surrogatepass")


def _crc(data: bytes, polynomial: int, bits: int) -> int:
    value, top, mask = 0, 1 << (bits - 1), (1 << bits) - 1
    for byte in data:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = ((value << 1) ^ polynomial if value & top else value << 1) & mask
    return value
