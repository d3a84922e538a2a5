"""Menus of a modal: up to 100 options as they are, more in groups that say what is in them."""

from typing import Any

from bot.slack.blockkit.blocks import option, select
from bot.slack.blockkit.limits import OPTIONS

NAMES = [f"Language {number:03d}" for number in range(150)]


def labels(count: int, lead: int = 0) -> list[str]:
    """Return the labels of the groups of a menu with this many names; every option must be there once."""
    found = ["Detect the language"][:lead] + NAMES[:count]
    menu: dict[str, Any] = select("Language", "a", [option(name, name) for name in found], lead=lead)
    groups = menu.get("option_groups", [])
    options = [one for group in groups for one in group["options"]] or menu["options"]
    assert [one["value"] for one in options] == found
    assert all(len(group["options"]) <= OPTIONS for group in groups)
    return [group["label"]["text"] for group in groups]


def test_a_hundred_options_need_no_group() -> None:
    assert labels(100) == []
    assert labels(99, lead=1) == []


def test_more_are_grouped_by_their_first_and_last_name() -> None:
    assert labels(150) == ["Language 000 – Language 099", "Language 100 – Language 149"]


def test_an_option_that_is_no_part_of_the_list_has_a_group_of_its_own() -> None:
    assert labels(100, lead=1) == ["Language", "Language 000 – Language 099"]
