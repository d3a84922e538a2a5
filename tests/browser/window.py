"""A window on the page as a test sees it: its parts, and what a person does there."""

from __future__ import annotations

import wave
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Locator, Page

OpenPage = Callable[..., Awaitable[Page]]

DROP = """async (pane, files) => {
    const data = new DataTransfer();
    for (const [name, type, text] of files) data.items.add(new File([text], name, {type}));
    for (const kind of ["dragenter", "dragover", "drop"])
        pane.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


def channel(page: Page) -> Locator:
    return page.locator("#conversation")


def thread(page: Page) -> Locator:
    return page.locator("#thread")


def message(place: Locator, text: str) -> Locator:
    return place.locator(".message").filter(has_text=text)


async def write(place: Locator, text: str) -> None:
    field = place.locator(".composer-field")
    await field.fill(text)
    await field.press("Enter")


def tone(path: Path, seconds: float = 1.0) -> Path:
    """Write a short valid recording."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x00\x10\x00\xf0" * int(4000 * seconds))
    return path
