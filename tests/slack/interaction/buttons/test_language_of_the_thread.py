"""Which language the buttons' answers are in."""

from pathlib import Path

import pytest

from simulators.slack.faults import Fault
from tests.slack.interaction.buttons.acts import done, reply
from tests.support.harnesses.slack import Workplace, workplace


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("es-LA", ["Resumen", "Descargar", "Transcribir de nuevo", "inglés", "2 hablantes"]),
        ("fr-FR", ["Résumé", "Télécharger", "Transcrire à nouveau", "anglais"]),
        ("hy-AM", ["Ամփոփում", "Ներբեռնել", "Վերծանել նորից", "անգլերեն"]),
        ("de-DE", ["Summary", "Download", "Transcribe again", "English"]),
    ],
)
async def test_a_reply_is_in_the_language_of_whoever_shared_the_file(
    place: Workplace, locale: str, words: list[str]
) -> None:
    place.slack.workspace.users["U0BOB"].locale = locale
    message, _ = await done(place, user="U0BOB")
    assert [word for word in words if word not in str(reply(place, message).blocks)] == []


async def test_a_token_without_the_scope_speaks_english_and_answers_all_the_same(tmp_path: Path) -> None:
    async with workplace(tmp_path) as place:
        place.slack.fault(Fault("users.info", times=None, error="missing_scope"))
        message, _ = await done(place)
        assert "Transcribe again" in str(reply(place, message).blocks)
