"""A recording goes to Invox Medical and comes back."""

import pytest

from bot.domain.errors import Misconfigured, ProblemCode, Rejected
from bot.ports.provider import Pending
from bot.providers.invox.provider import MIME_TYPES, InvoxProvider
from simulators.invox import InvoxSimulator
from tests.providers.invox.jobs import Build, hand_over
from tests.providers.peers import REF, an_order
from tests.simulators.provider.peers import encoded, silent_mp3, wav


async def test_a_recording_comes_back_with_times(sim: InvoxSimulator, invox: InvoxProvider) -> None:
    remote = await hand_over(invox)
    assert await invox.poll(remote, REF) == Pending()
    sim.finish(remote.ref)
    expected = sim.transcript(sim.jobs[remote.ref]).segments
    found = await invox.fetch(remote, REF)
    assert [(s.text, s.start, s.end, s.speaker) for s in found.segments] == [
        (s.text, s.start, s.end, None) for s in expected
    ]
    assert (found.title, found.summary) == (None, None)
    assert (await invox.enrich(found)).segments == found.segments
    assert (len(sim.billed), sim.violations) == (1, [])


@pytest.mark.parametrize(
    ("mime", "content"),
    [
        ("audio/mpeg", silent_mp3(1)),
        ("audio/mp3", silent_mp3(1)),
        ("audio/wav", wav(1)),
        ("audio/x-wav", wav(1)),
        ("audio/vnd.wave", wav(1)),
        ("audio/mp4", encoded("ipod", "aac")),
        ("audio/x-m4a", encoded("ipod", "aac")),
        ("audio/flac", encoded("flac", "flac")),
        ("audio/x-flac", encoded("flac", "flac")),
        ("audio/ogg", encoded("ogg", "libopus")),
        ("audio/webm", encoded("webm", "libopus")),
        (" Audio/WebM; codecs=opus", encoded("webm", "libopus")),
    ],
)
async def test_every_accepted_type_is_uploaded_as_exactly_the_negotiated_one(
    sim: InvoxSimulator, invox: InvoxProvider, mime: str, content: bytes
) -> None:
    remote = await hand_over(invox, content, mime)
    assert sim.ledger.find("upload")[0].headers["Content-Type"] == sim.jobs[remote.ref].mime_type
    assert (len(sim.billed), sim.violations) == (1, [])


async def test_the_mapping_can_be_extended_and_what_it_lacks_is_never_sent(sim: InvoxSimulator, build: Build) -> None:
    invox = build(INVOX_MIME_MAP="audio/opus = audio/ogg, , nonsense")
    assert invox.capabilities.accepts.mimes == {*MIME_TYPES, "audio/opus"}
    await hand_over(invox, encoded("ogg", "libopus"), "audio/opus")
    with pytest.raises(Rejected) as caught:
        await invox.create(an_order(mime="audio/amr"))
    assert caught.value.problem.code is ProblemCode.NOT_CONVERTIBLE
    assert sim.violations == []


async def test_extra_body_fields_are_sent_and_cannot_replace_ours(sim: InvoxSimulator, build: Build) -> None:
    sim.settings.extra_fields = frozenset({"diarize"})
    await hand_over(build(INVOX_EXTRA_BODY='{"diarize": true, "mimeType": "audio/flac"}'))
    assert sim.violations == []
    with pytest.raises(Misconfigured, match="INVOX_EXTRA_BODY"):
        await build(INVOX_EXTRA_BODY="[1]").create(an_order())
