"""A chart that Slack draws (`data_visualization`, since June 2026). Pure.

Fields and limits: docs.slack.dev, the block's page. The page lists it for messages; reports differ about App Home.
"""

from collections.abc import Sequence

from bot.slack.blockkit.blocks import Block
from bot.slack.blockkit.limits import AXIS_LABEL, CHART_LABEL, CHART_POINTS, CHART_TITLE
from bot.slack.blockkit.text import clip


def bars(title: str, series: str, points: Sequence[tuple[str, float]], unit: str) -> Block:
    """One series as bars: a label and a value each. At most 20 points, whose labels differ; else `ValueError`."""
    labels = [clip(label, CHART_LABEL) for label, _ in points]
    if not 1 <= len(labels) <= CHART_POINTS or len(set(labels)) < len(labels):
        raise ValueError(f"a chart has 1 to {CHART_POINTS} points with labels that differ")
    data = [{"label": label, "value": value} for label, (_, value) in zip(labels, points, strict=True)]
    return {
        "type": "data_visualization",
        "title": clip(title, CHART_TITLE),
        "chart": {
            "type": "bar",
            "series": [{"name": clip(series, CHART_LABEL), "data": data}],
            "axis_config": {"categories": labels, "y_label": clip(unit, AXIS_LABEL)},
        },
    }
