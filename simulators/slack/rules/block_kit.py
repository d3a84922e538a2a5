"""Block Kit's rules: which blocks and elements there are, what each must hold, and how long it may be.

Faults are worded as Slack words them, with a JSON pointer: `must be less than 3001 characters [json-pointer:/…]`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal

from simulators.slack.rules import properties
from simulators.slack.rules.faults import TEXT_KINDS, Faults
from simulators.slack.rules.newer_blocks import CHARTS_OF_A_MESSAGE, check_chart, check_container
from simulators.slack.rules.rich_text import check_rich_text
from simulators.slack.wire import Json, as_list, as_object, as_objects, as_text

Surface = Literal["message", "modal", "home"]

SELECTS = {
    f"{many}{source}_select"
    for many in ("", "multi_")
    for source in ("static", "external", "users", "conversations", "channels")
}
PICKERS = {"datepicker", "timepicker", "datetimepicker"}
CHOICES = {"radio_buttons", "checkboxes"}
INPUTS = {
    "plain_text_input",
    "rich_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
    "file_input",
}
ACTION_ELEMENTS = (
    {"button", "overflow", "workflow_button", "feedback_buttons", "icon_button"} | SELECTS | PICKERS | CHOICES
)
SECTION_ELEMENTS = ACTION_ELEMENTS | {"image"}
INPUT_ELEMENTS = INPUTS | SELECTS | PICKERS | CHOICES


def check_blocks(
    blocks: list[Json], faults: Faults, *, surface: Surface, refused: Collection[str] = (), root: str = "/blocks"
) -> None:
    """Check blocks against the rules of a surface and note each fault; `refused` are kinds that it does not take."""
    seen: set[str] = set()
    charts = 0
    for index, block in enumerate(blocks):
        pointer, kind = f"{root}/{index}", as_text(block.get("type"))
        for place, each in _with_children(block, pointer):
            block_id = each.get("block_id")
            if block_id is not None:
                faults.length(block_id, f"{place}/block_id", 255)
                if as_text(block_id) in seen:
                    faults.add(f"{place}/block_id", "`block_id` already exists")
                seen.add(as_text(block_id))
        check = _BLOCKS.get(kind)
        if check is None or kind in refused or kind in _NOT_IN.get(surface, ()):
            faults.add(f"{pointer}/type", f"unsupported type: {kind}")
        else:
            faults.only(block, properties.BLOCKS.get(kind, block), pointer)
            check(block, pointer, faults)
        charts += kind == "data_visualization"
    if charts > CHARTS_OF_A_MESSAGE:
        faults.add(root, f"no more than {CHARTS_OF_A_MESSAGE} data_visualization blocks allowed")


def _with_children(block: Json, pointer: str) -> list[tuple[str, Json]]:
    children = as_objects(block.get("child_blocks"))
    return [(pointer, block), *((f"{pointer}/child_blocks/{n}", child) for n, child in enumerate(children))]


def _container(block: Json, pointer: str, faults: Faults) -> None:
    def check_child(child: Json, place: str, found: Faults) -> None:
        kind = as_text(child["type"])
        found.only(child, properties.BLOCKS[kind], place)
        _BLOCKS[kind](child, place, found)

    check_container(block, pointer, faults, check_child)


def _section(block: Json, pointer: str, faults: Faults) -> None:
    if block.get("text") is None and block.get("fields") is None:
        faults.add(pointer, "missing required field: text")
    if block.get("text") is not None:
        faults.text(block["text"], f"{pointer}/text", 3000)
    if block.get("fields") is not None:
        fields = as_list(block["fields"])
        faults.count(fields, f"{pointer}/fields", 10)
        for index, field in enumerate(fields):
            faults.text(field, f"{pointer}/fields/{index}", 2000)
    if block.get("accessory") is not None:
        _element(as_object(block["accessory"]), f"{pointer}/accessory", faults, SECTION_ELEMENTS)


def _header(block: Json, pointer: str, faults: Faults) -> None:
    faults.text(block.get("text"), f"{pointer}/text", 150, kinds={"plain_text"})


def _divider(_block: Json, _pointer: str, _faults: Faults) -> None:
    """Nothing to check."""


def _context(block: Json, pointer: str, faults: Faults) -> None:
    elements = as_list(block.get("elements"))
    faults.count(elements, f"{pointer}/elements", 10)
    for index, element in enumerate(as_objects(elements)):
        place = f"{pointer}/elements/{index}"
        if element.get("type") == "image":
            faults.only(element, properties.ELEMENTS["image"], place)
            _image(element, place, faults)
        else:
            faults.text(element, place, 2000)


def _actions(block: Json, pointer: str, faults: Faults) -> None:
    elements = as_list(block.get("elements"))
    faults.count(elements, f"{pointer}/elements", 25)
    seen: set[str] = set()
    for index, element in enumerate(as_objects(elements)):
        place = f"{pointer}/elements/{index}"
        _element(element, place, faults, ACTION_ELEMENTS)
        action_id = as_text(element.get("action_id"))
        if action_id and action_id in seen:
            faults.add(f"{place}/action_id", f"`action_id` {action_id} already exists")
        seen.add(action_id)


def _image(block: Json, pointer: str, faults: Faults) -> None:
    if block.get("image_url") is None and block.get("slack_file") is None:
        faults.add(pointer, "missing required field: image_url")
    if block.get("image_url") is not None:
        faults.length(block["image_url"], f"{pointer}/image_url", 3000)
    faults.length(block.get("alt_text"), f"{pointer}/alt_text", 2000)
    if block.get("title") is not None:
        faults.text(block["title"], f"{pointer}/title", 2000, kinds={"plain_text"})


def _input(block: Json, pointer: str, faults: Faults) -> None:
    faults.text(block.get("label"), f"{pointer}/label", 2000, kinds={"plain_text"})
    if block.get("hint") is not None:
        faults.text(block["hint"], f"{pointer}/hint", 2000, kinds={"plain_text"})
    _element(as_object(block.get("element")), f"{pointer}/element", faults, INPUT_ELEMENTS)


def _markdown(block: Json, pointer: str, faults: Faults) -> None:
    faults.length(block.get("text"), f"{pointer}/text", 12_000)


def _table(block: Json, pointer: str, faults: Faults) -> None:
    rows = as_list(block.get("rows"))
    faults.count(rows, f"{pointer}/rows", 100)
    for index, row in enumerate(rows):
        faults.count(as_list(row), f"{pointer}/rows/{index}", 20)


def _video(block: Json, pointer: str, faults: Faults) -> None:
    faults.length(block.get("alt_text"), f"{pointer}/alt_text", 2000)
    faults.text(block.get("title"), f"{pointer}/title", 200, kinds={"plain_text"})
    for name in ("video_url", "thumbnail_url"):
        faults.length(block.get(name), f"{pointer}/{name}", 3000)


def _file(block: Json, pointer: str, faults: Faults) -> None:
    if block.get("source") != "remote":
        faults.add(f"{pointer}/source", "must be one of: remote")


def _element(element: Json, pointer: str, faults: Faults, allowed: set[str]) -> None:
    kind = as_text(element.get("type"))
    if kind not in allowed:
        faults.add(f"{pointer}/type", f"unsupported type: {kind}")
        return
    faults.only(element, properties.ELEMENTS.get(kind, element), pointer)
    if kind == "image":
        _image(element, pointer, faults)
        return
    if element.get("action_id") is not None:
        faults.length(element["action_id"], f"{pointer}/action_id", 255)
    if element.get("placeholder") is not None:
        faults.text(element["placeholder"], f"{pointer}/placeholder", 150, kinds={"plain_text"})
    if element.get("confirm") is not None:
        _confirm(as_object(element["confirm"]), f"{pointer}/confirm", faults)
    if kind == "button":
        _button(element, pointer, faults)
    elif kind == "overflow":
        _options(element, pointer, faults, 5, least=2)  # the reference names a least no longer; older ones had 2
    elif kind in CHOICES:
        _options(element, pointer, faults, 10, texts=TEXT_KINDS)
        _initial(element, as_objects(element.get("options")), pointer, faults)
    elif kind in {"static_select", "multi_static_select"}:
        _static_select(element, pointer, faults)
    elif kind == "plain_text_input":
        _plain_text_input(element, pointer, faults)


def _plain_text_input(element: Json, pointer: str, faults: Faults) -> None:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if not isinstance(least, int) or not 0 <= least <= 3000:
        faults.add(f"{pointer}/min_length", "must be between 0 and 3000")
    if not isinstance(most, int) or not 1 <= most <= 3000:
        faults.add(f"{pointer}/max_length", "must be between 1 and 3000")
    elif element.get("initial_value") is not None:
        faults.length(element["initial_value"], f"{pointer}/initial_value", most, least=0)


def _button(element: Json, pointer: str, faults: Faults) -> None:
    faults.text(element.get("text"), f"{pointer}/text", 75, kinds={"plain_text"})
    for name, most in (("value", 2000), ("url", 3000), ("accessibility_label", 75)):
        if element.get(name) is not None:
            faults.length(element[name], f"{pointer}/{name}", most)
    if element.get("style") not in {None, "primary", "danger"}:
        faults.add(f"{pointer}/style", "must be one of: primary, danger")


def _static_select(element: Json, pointer: str, faults: Faults) -> None:
    groups = as_objects(element.get("option_groups"))
    if element.get("option_groups") is None:
        _options(element, pointer, faults, 100)
    else:
        if element.get("options") is not None:
            faults.add(pointer, "only one of options and option_groups is allowed")
        faults.count(list(groups), f"{pointer}/option_groups", 100)
        for index, group in enumerate(groups):
            place = f"{pointer}/option_groups/{index}"
            faults.only(group, properties.OPTION_GROUP, place)
            faults.text(group.get("label"), f"{place}/label", 75, kinds={"plain_text"})
            _options(group, place, faults, 100)
    _initial(
        element, [each for group in groups or [element] for each in as_objects(group.get("options"))], pointer, faults
    )


def menu_faults(answer: Json) -> list[str]:
    """Return what is wrong with the options that an app answers a menu with; none at all are no fault."""
    faults = Faults()
    if answer.get("option_groups") is not None:
        _static_select(answer, "", faults)
    elif answer.get("options") != []:
        _options(answer, "", faults, 100)
    return faults.found


def _initial(element: Json, options: list[Json], pointer: str, faults: Faults) -> None:
    """What is chosen at first must be an option to the letter: its text as well as its value."""
    if element.get("initial_option") is not None and element["initial_option"] not in options:
        faults.add(f"{pointer}/initial_option", "must be one of the provided options")
    if element.get("initial_options") is not None:
        chosen = as_list(element["initial_options"])
        faults.count(chosen, f"{pointer}/initial_options", len(options))
        if any(each not in options for each in chosen):
            faults.add(f"{pointer}/initial_options", "must be among the provided options")


def _options(
    element: Json,
    pointer: str,
    faults: Faults,
    most: int,
    *,
    least: int = 1,
    texts: Collection[str] = frozenset({"plain_text"}),
) -> None:
    options = as_list(element.get("options"))
    faults.count(options, f"{pointer}/options", most, least)
    for index, option in enumerate(as_objects(options)):
        place = f"{pointer}/options/{index}"
        faults.only(option, properties.OPTION, place)
        faults.text(option.get("text"), f"{place}/text", 75, kinds=texts)
        faults.length(option.get("value"), f"{place}/value", 150)
        if option.get("description") is not None:
            faults.text(option["description"], f"{place}/description", 75, kinds=texts)


def _confirm(confirm: Json, pointer: str, faults: Faults) -> None:
    faults.only(confirm, properties.CONFIRM, pointer)
    faults.text(confirm.get("text"), f"{pointer}/text", 300)
    for name, most in (("title", 100), ("confirm", 30), ("deny", 30)):
        faults.text(confirm.get(name), f"{pointer}/{name}", most, kinds={"plain_text"})


_BLOCKS: dict[str, Callable[[Json, str, Faults], None]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "rich_text": check_rich_text,
    "table": _table,
    "video": _video,
    "file": _file,
    "container": _container,
    "data_visualization": check_chart,
}
_NOT_IN: dict[str, set[str]] = {
    "modal": {"markdown", "file", "table", "container", "data_visualization"},
    "home": {"markdown", "file", "table"},
}
