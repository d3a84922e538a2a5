"""The files for operators agree with the program: metrics that exist, settings that exist, a chart that renders."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from compose_spec import PyCompose

from bot.configuration import known_variables
from bot.metrics import Metrics
from tests.support.chart import CHOICES, render

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
HELM = DEPLOY / "helm"
NAME = re.compile(r"\bthreadscribe_\w+")
OBJECT = {  # what Kubernetes asks of every object
    "type": "object",
    "required": ["apiVersion", "kind", "metadata"],
    "properties": {
        "metadata": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}},
        }
    },
}


def series() -> set[str]:
    """The names of all series that a scrape gives, with those of histograms."""
    return {sample.name for metric in Metrics().registry.collect() for sample in metric.samples} | {
        f"{metric.name}{ending}"
        for metric in Metrics().registry.collect()
        for ending in {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}[metric.type]
    }


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*")), ids=lambda path: path.name)
def test_every_metric_that_is_named_exists(path: Path) -> None:
    if path.is_file():
        assert set(NAME.findall(path.read_text(encoding="utf-8"))) <= series()


def test_each_series_is_on_the_dashboard_or_in_an_alert() -> None:
    shown = "".join(path.read_text(encoding="utf-8") for path in DEPLOY.rglob("*") if path.is_file())
    families = {metric.name for metric in Metrics().registry.collect()}
    assert {name for name in families if name not in shown} == set()


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    board = json.loads((DEPLOY / "grafana" / "threadscribe.json").read_text(encoding="utf-8"))
    assert board["uid"] == "threadscribe"
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert all(x < 24 for x, _ in cells)
        taken |= cells
        assert all(target["expr"].count("(") == target["expr"].count(")") for target in panel["targets"])
        assert panel["description"].endswith(".")


def test_each_alert_says_what_is_wrong_and_what_to_do() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text(encoding="utf-8"))
    names = []
    for group in rules["groups"]:
        for rule in group["rules"]:
            names.append(rule["alert"])
            assert rule["labels"]["severity"] in ("critical", "warning", "info")
            assert rule["for"]
            assert rule["annotations"].keys() == {"summary", "action"}
            assert rule["expr"].count("(") == rule["expr"].count(")")
    assert len(names) == len(set(names))


def objects(**changes: Any) -> list[dict[str, Any]]:
    """What the chart makes of its values with these changes."""
    values = yaml.safe_load((HELM / "values.yaml").read_text(encoding="utf-8")) | changes
    jsonschema.validate(values, json.loads((HELM / "values.schema.json").read_text(encoding="utf-8")))
    found: list[dict[str, Any]] = []
    for path in sorted((HELM / "templates").glob("*.yaml")):
        found += [each for each in yaml.safe_load_all(render(path.read_text(encoding="utf-8"), values)) if each]
    return found


@pytest.mark.parametrize("changes", CHOICES)
def test_the_chart_renders_to_objects_that_belong_together(changes: dict[str, Any]) -> None:
    found = objects(**changes)
    for each in found:
        jsonschema.validate(each, OBJECT)
    names = [(each["kind"], each["metadata"]["name"]) for each in found]
    assert len(names) == len(set(names))
    deployments = [each for each in found if each["kind"] == "Deployment"]
    assert {each["metadata"]["labels"]["app.kubernetes.io/component"] for each in deployments} == {"web", "worker"}
    known = known_variables({})
    for each in deployments:
        pod = each["spec"]["template"]
        assert each["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
        (container,) = pod["spec"]["containers"]
        assert {variable["name"] for variable in container["env"]} <= known
        assert all(isinstance(variable["value"], str) for variable in container["env"])
        drain = next(int(one["value"]) for one in container["env"] if one["name"] == "DRAIN_SECONDS")
        assert pod["spec"]["terminationGracePeriodSeconds"] > 23 + drain
        mounts, volumes = container["volumeMounts"], pod["spec"]["volumes"]
        assert {mount["name"] for mount in mounts} == {volume["name"] for volume in volumes}
    kinds = {each["kind"] for each in found}
    assert ("Ingress" in kinds) == changes.get("ingress", {}).get("enabled", False)
    assert ("ServiceMonitor" in kinds) == changes.get("serviceMonitor", {}).get("enabled", False)


def test_the_charts_schema_refuses_what_cannot_work() -> None:
    for wrong in ({"existingSecret": ""}, {"web": {"replicas": -1}}, {"drainSeconds": 60}, {"replica": 2}):
        with pytest.raises(jsonschema.ValidationError):
            objects(**wrong)


def test_a_template_that_this_test_cannot_render_is_an_error() -> None:
    for text in ('{{ include "x" . }}', "{{ if $.Values.a }}", "{{ $.Values.a | quote }}"):
        with pytest.raises(ValueError, match=r"unknown|no end"):
            render(text, {"a": 1})


def test_the_compose_file_is_one_by_the_specification() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    compose = yaml.safe_load(text)  # with its anchors resolved
    assert set(PyCompose.from_json(json.dumps(compose)).service_names()) == set(compose["services"])
    compose["services"]["web"]["mem_limits"] = "3g"
    with pytest.raises(ValueError, match="mem_limits"):
        PyCompose.from_json(json.dumps(compose))


@pytest.mark.parametrize("profile", ["single", "postgres", "scaled"])
def test_each_profile_of_compose_is_whole(profile: str) -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    chosen = {name: each for name, each in compose["services"].items() if profile in each["profiles"]}
    known = known_variables({}) | {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
    published = [port for each in chosen.values() for port in each.get("ports", ())]
    assert len(published) == len(set(published)) == 2
    for each in chosen.values():
        assert set(each.get("environment", {})) <= known
        assert set(each.get("depends_on", {})) <= set(chosen)
        assert {volume.partition(":")[0] for volume in each.get("volumes", ())} <= set(compose["volumes"])
    roles = {each["command"][-1] for each in chosen.values() if "command" in each}
    assert roles == ({"web", "worker"} if profile == "scaled" else set())
