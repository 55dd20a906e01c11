"""The Grafana dashboard and the Prometheus alerts in contrib/ use metrics and labels that tusk has."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.server import PHP_SCRIPTS, REPOSITORY

PROMETHEUS = REPOSITORY / "contrib/prometheus"
DASHBOARD = REPOSITORY / "contrib/grafana/tusk.json"
PREFIX = Path(os.environ.get("TUSK_PREFIX") or Path.home() / ".cache/tusk")
PROMTOOL = shutil.which("promtool") or PREFIX / "prometheus/usr/bin/promtool"

_ROW = re.compile(r"\| `(\w+)` \| (\w+) \| (.*?) \| .* \|")
_METRIC = re.compile(r"\b((?:tusk|process)_\w+)(?:\{([^}]*)\})?")
_SET_BY_PROMETHEUS = {"job", "instance"}


def known_metrics() -> dict:
    """Returns the sample names that /metrics may show, each with its label names."""
    known = {}
    for line in (REPOSITORY / "docs/metrics.md").read_text().splitlines():
        if row := _ROW.fullmatch(line):
            name, kind, labels = row.groups()
            names = {n for quoted in re.findall(r"`([\w, ]+)`", labels) for n in quoted.split(", ")}
            suffixes = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            for suffix in suffixes:
                known[name + suffix] = names | ({"le"} if suffix == "_bucket" else set())
    assert "tusk_request_duration_seconds_bucket" in known
    return known


def expressions() -> list:
    dashboard = json.loads(DASHBOARD.read_text())
    shown = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    variables = [v["query"]["query"] for v in dashboard["templating"]["list"] if "datasource" in v]
    alerts = re.findall(
        r"expr: (?:\|\n)?(.*?)\n +(?:for|labels):", (PROMETHEUS / "alerts.yml").read_text(), re.S
    )
    assert len(shown) > 30 and variables and len(alerts) >= 11
    return shown + variables + alerts


def test_expressions_name_metrics_and_labels_that_exist():
    known = known_metrics()
    for expression in expressions():
        used = _METRIC.findall(expression)
        assert used or "up{" in expression, expression
        for name, matchers in used:
            assert name in known, f"{name}, in {expression}"
            labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers)) - _SET_BY_PROMETHEUS
            assert labels <= known[name], f"{name} has no {labels - known[name]}, in {expression}"
        for grouping in re.findall(r"by \(([^)]*)\)", expression):
            labels = set(grouping.replace(" ", "").split(",")) - _SET_BY_PROMETHEUS
            assert labels <= set().union(*(known[name] for name, _ in used)), expression


def test_panels_have_names_and_do_not_overlap():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        assert panel["title"]
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells


@pytest.mark.parametrize(
    "arguments", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")], ids=lambda a: a[0]
)
def test_promtool_accepts_the_alerts(arguments):
    _promtool(*arguments)


def test_promtool_accepts_the_metrics(start_tusk):
    """Naming conventions too: promtool's linter."""
    tusk = start_tusk(PHP_SCRIPTS)
    assert tusk.get("/hello.php").status_code == 200
    _promtool("check", "metrics", text=tusk.admin("/metrics").text)


def _promtool(*arguments, text: str | None = None) -> None:
    done = subprocess.run(
        [PROMTOOL, *arguments],
        cwd=PROMETHEUS,
        input=text,
        text=True,
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
