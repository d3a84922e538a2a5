"""`python -m bench.pin_images`: write the digest of each base image behind its tag, in Dockerfile and compose.yaml.

Needs docker (with buildx) and its registry: `docker buildx imagetools inspect` says which digest a tag has now. A tag
that has a digest already gets the present one. Run it again for updates.
"""

import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parents[1]
NAMED = re.compile(
    r"(?m)^(?P<before># syntax=|FROM |\s+image: )(?P<image>[\w./-]+:[\w.-]+)(?:@sha256:[0-9a-f]{64})?(?=\s|$)"
)


def pinned(text: str, digests: dict[str, str]) -> str:
    """The text with these digests (`sha256:…`, by image with its tag)."""
    return NAMED.sub(lambda found: f"{found['before']}{found['image']}@{digests[found['image']]}", text)


def images(text: str) -> set[str]:
    """The images that a file names, with their tags."""
    return {found["image"] for found in NAMED.finditer(text)}


def digest(image: str) -> str:
    """Asks the registry. Raises `CalledProcessError`, and `ValueError` for an answer that is no digest."""
    command = ["docker", "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", image]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", said):
        raise ValueError(f"{image}: {said!r} is no digest")
    return said


def main(files: list[Path]) -> int:
    """0 when every image has its digest."""
    texts = {file: file.read_text(encoding="utf-8") for file in files}
    try:
        digests = {image: digest(image) for image in sorted(set().union(*map(images, texts.values())))}
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        print(f"Nothing was changed: {error}", file=sys.stderr)
        return 1
    for file, text in texts.items():
        file.write_text(pinned(text, digests), encoding="utf-8")
    for image, found in digests.items():
        print(f"{image}@{found}")
    return 0


if __name__ == "__main__":
    sys.exit(main([TOP / "Dockerfile", TOP / "compose.yaml"]))
