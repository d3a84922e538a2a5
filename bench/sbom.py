"""A CycloneDX list of the packages that run: name, version, licence and hashes, from the locks and what is installed.

python -m bench.sbom requirements.lock [another.lock …]
"""

import json
import re
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path


def components(lock: str) -> list[dict[str, object]]:
    """One entry for each pinned package of a lock."""
    found = []
    for pin in re.finditer(r"(?m)^([\w.-]+)==([\w.+]+)(.*(?:\n    .*)*)", lock):
        name, version = pin[1], pin[2]
        hashes = [{"alg": "SHA-256", "content": digest} for digest in re.findall(r"sha256:([0-9a-f]{64})", pin[3])]
        entry: dict[str, object] = {
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name.lower().replace('_', '-')}@{version}",
            "hashes": hashes,
        }
        if licence := _licence(name):
            entry["licenses"] = [{"license": {"name": licence}}]
        found.append(entry)
    return found


def _licence(name: str) -> str:
    try:
        known = metadata(name)
    except PackageNotFoundError:  # for another system or Python
        return ""
    stated = next((known[field] for field in ("License-Expression", "License") if field in known), "")
    classified = [line.rpartition(" :: ")[2] for line in known.get_all("Classifier", []) if "License ::" in line]
    return stated if 0 < len(stated) <= 60 else ", ".join(classified)


def main(paths: list[str]) -> None:
    """Print the document."""
    listed = [entry for path in paths for entry in components(Path(path).read_text(encoding="utf-8"))]
    print(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": listed}, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
