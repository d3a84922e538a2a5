"""`make deploy-check`: the chart by Helm itself, its objects by Kubernetes' schemas, the alerts by promtool.

These tools weigh 350 MB, so they have an environment and a lock of their own. `make test` renders the chart with a
small stand-in for Helm; that both make the same of it is checked here.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helm_python
import kubernetes_validate
import yaml

from tests.support.chart import CHOICES, render

ROOT = Path(__file__).parents[1]
CHART = ROOT / "deploy" / "helm"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yaml"
KUBERNETES = ("1.27", "1.37")  # the oldest that hosts still offer, the newest that the schemas know
OF_OTHERS = "monitoring.coreos.com/"  # objects of the Prometheus operator have no schema in Kubernetes
RELEASE = "scribe"
ERROR = 3  # Helm's severity; 1 and 2 are advice


def linted() -> Iterator[str]:
    """What `helm lint --strict` finds."""
    for message in helm_python.lint(str(CHART), strict=True)["messages"]:
        if message["severity"] >= ERROR - 1:
            yield f"helm lint: {message['path']}: {message['error']}"


def rendered(chart: Any, changes: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the objects that Helm makes with these values."""
    texts = chart.render(changes, name=RELEASE, namespace="default")
    for name, text in sorted(texts.items()):
        found = [each for each in yaml.safe_load_all(text) if each]
        values = chart.merge_values(changes)
        template = (CHART / "templates" / Path(name).name).read_text(encoding="utf-8")
        ours = [each for each in yaml.safe_load_all(render(template, values, RELEASE)) if each]
        if found != ours:
            yield f"{name} with {changes}: tests/support/chart.py makes something else of it than Helm"
        for each in found:
            if not each["apiVersion"].startswith(OF_OTHERS):
                yield from valid(each, f"{name} with {changes}")


def valid(each: dict[str, Any], where: str) -> Iterator[str]:
    """What Kubernetes' schemas say against an object."""
    for version in KUBERNETES:
        try:
            kubernetes_validate.validate(each, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"{where}: {each['kind']} for Kubernetes {version}: {error}"


def alerts() -> Iterator[str]:
    """What promtool says against the alert rules; only a note where it is not installed."""
    promtool = shutil.which("promtool")
    if promtool is None:
        print("promtool is not installed (Debian: apt-get install prometheus): the alert rules were not checked.")
        return
    done = subprocess.run(  # noqa: S603 - the path is the one that the shell would take
        [promtool, "check", "rules", str(ALERTS)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        yield f"promtool: {done.stdout}{done.stderr}"


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    with helm_python.Chart.load(str(CHART)) as chart:
        faults = [*linted(), *(fault for changes in CHOICES for fault in rendered(chart, changes)), *alerts()]
    for fault in faults:
        print(fault)
    print(f"{len(CHOICES)} sets of values, Helm {helm_python.helm_sdk_version()}: {len(faults)} faults.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
