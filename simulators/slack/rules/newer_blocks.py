"""Two blocks that Slack added in June 2026: `container` and `data_visualization`. What each must hold.

Sources, where they differ the stricter one counts here:

* docs.slack.dev, changelog of 2026-06-16 and 2026-06-29, and the pages of both blocks: fields, lengths, 10 children,
  1 to 6 series (later 12) and segments, one point for each category.
* python-slack-sdk 1949, node-slack-sdk 2721 and java-slack-sdk 1639, whose examples ran against Slack: text objects as
  titles, `has_header_divider` refused beside `is_collapsible`.
* slack-morphism 2.31 notes that Slack's own validator takes fewer kinds of children than the page lists: a child here
  must be in both lists, so no `rich_text`, `input` or `file`.
* vercel/chat 696 and openclaw: a third chart in one message is refused, which the page does not say.
"""

from __future__ import annotations

from collections.abc import Callable

from simulators.slack.rules.faults import Faults
from simulators.slack.wire import Json, as_list, as_object, as_objects, as_text

CHILDREN = frozenset({"actions", "context", "divider", "header", "image", "section", "table", "video"})
MOST_CHILDREN = 10
TITLE = 150
WIDTHS = {"narrow", "standard", "wide", "full"}

CHARTS_OF_A_MESSAGE = 2
CHART_TITLE = 50
CHART_LABEL = 20
AXIS_LABEL = 50
SERIES = 6
POINTS = 20

_CONTAINER_KEYS = {
    "type",
    "block_id",
    "title",
    "rich_text_title",
    "subtitle",
    "child_blocks",
    "width",
    "icon",
    "is_collapsible",
    "default_collapsed",
    "has_header_divider",
}

CheckChild = Callable[[Json, str, Faults], None]


def check_container(block: Json, pointer: str, faults: Faults, check_child: CheckChild) -> None:
    """Check a container; `check_child` checks a block of a kind that it may hold."""
    faults.only(block, _CONTAINER_KEYS, pointer)
    if block.get("title") is None and block.get("rich_text_title") is None:
        faults.add(pointer, "missing required field: title")
    if block.get("title") is not None:
        faults.text(block["title"], f"{pointer}/title", TITLE, kinds={"plain_text"})
    if block.get("subtitle") is not None:
        faults.text(block["subtitle"], f"{pointer}/subtitle", TITLE)
    if block.get("width") is not None and block["width"] not in WIDTHS:
        faults.add(f"{pointer}/width", "must be one of: " + ", ".join(sorted(WIDTHS)))
    for name in ("is_collapsible", "default_collapsed", "has_header_divider"):
        if block.get(name) is not None and not isinstance(block[name], bool):
            faults.add(f"{pointer}/{name}", "must provide a boolean")
    if block.get("default_collapsed") is True and block.get("is_collapsible") is not True:
        faults.add(f"{pointer}/default_collapsed", "requires `is_collapsible` to be true")
    if block.get("has_header_divider") is True and block.get("is_collapsible") is True:
        faults.add(f"{pointer}/has_header_divider", "cannot be set when `is_collapsible` is true")
    children = as_list(block.get("child_blocks"))
    faults.count(children, f"{pointer}/child_blocks", MOST_CHILDREN)
    for index, child in enumerate(as_objects(children)):
        place = f"{pointer}/child_blocks/{index}"
        if as_text(child.get("type")) in CHILDREN:
            check_child(child, place, faults)
        else:
            faults.add(f"{place}/type", f"unsupported type: {as_text(child.get('type'))}")


def check_chart(block: Json, pointer: str, faults: Faults) -> None:
    """Check a chart: a pie of segments, or bars, an area or lines of series over shared categories."""
    faults.only(block, {"type", "block_id", "title", "chart"}, pointer)
    faults.length(block.get("title"), f"{pointer}/title", CHART_TITLE)
    chart, place = as_object(block.get("chart")), f"{pointer}/chart"
    kind = as_text(chart.get("type"))
    if kind == "pie":
        faults.only(chart, {"type", "segments"}, place)
        segments = as_list(chart.get("segments"))
        faults.count(segments, f"{place}/segments", SERIES)
        for index, segment in enumerate(as_objects(segments)):
            _point(segment, f"{place}/segments/{index}", faults, least=0.0)
    elif kind in {"bar", "area", "line"}:
        faults.only(chart, {"type", "series", "axis_config"}, place)
        _check_series(chart, place, faults)
    else:
        faults.add(f"{place}/type", "must be one of: area, bar, line, pie")


def _check_series(chart: Json, pointer: str, faults: Faults) -> None:
    axis = as_object(chart.get("axis_config"))
    faults.only(axis, {"categories", "x_label", "y_label"}, f"{pointer}/axis_config")
    categories = as_list(axis.get("categories"))
    faults.count(categories, f"{pointer}/axis_config/categories", POINTS)
    for index, category in enumerate(categories):
        faults.length(category, f"{pointer}/axis_config/categories/{index}", CHART_LABEL)
    if len({str(category) for category in categories}) != len(categories):
        faults.add(f"{pointer}/axis_config/categories", "must be unique")
    for name in ("x_label", "y_label"):
        if axis.get(name) is not None:
            faults.length(axis[name], f"{pointer}/axis_config/{name}", AXIS_LABEL)
    series = as_list(chart.get("series"))
    faults.count(series, f"{pointer}/series", SERIES)
    for index, each in enumerate(as_objects(series)):
        place = f"{pointer}/series/{index}"
        faults.only(each, {"name", "data"}, place)
        faults.length(each.get("name"), f"{place}/name", CHART_LABEL)
        points = as_list(each.get("data"))
        faults.count(points, f"{place}/data", POINTS)
        for number, point in enumerate(as_objects(points)):
            _point(point, f"{place}/data/{number}", faults)
        if [point.get("label") for point in as_objects(points)] != categories:
            faults.add(f"{place}/data", "must have one point for each category")
    names = [as_text(each.get("name")) for each in as_objects(series)]
    if len(set(names)) != len(names):
        faults.add(f"{pointer}/series", "names must be unique")


def _point(point: Json, pointer: str, faults: Faults, least: float | None = None) -> None:
    faults.only(point, {"label", "value"}, pointer)
    faults.length(point.get("label"), f"{pointer}/label", CHART_LABEL)
    value = point.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        faults.add(f"{pointer}/value", "must provide a number")
    elif least is not None and value <= least:
        faults.add(f"{pointer}/value", f"must be more than {least:g}")


def every_block(blocks: list[Json]) -> list[Json]:
    """The blocks, each followed by those in it."""
    return [each for block in blocks for each in (block, *_children(block))]


def _children(block: Json) -> list[Json]:
    return [child for child in as_list(block.get("child_blocks")) if isinstance(child, dict)]
