"""Who speaks when: the reader of checkpoints, the graphs, the grouping of voices, and real voices in conversation."""

import io
import pickle
import tracemalloc
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.speech.conversations import Conversation, by_telephone, conversation, errors, voices
from bot.providers.local.speakers import weights
from bot.providers.local.speakers.checkpoint import CheckpointError, read_tensors
from bot.providers.local.speakers.clustering import average_linkage, cluster, cut
from bot.providers.local.speakers.labels import TimedWord, speakers_of
from bot.providers.local.speakers.onnx_format import GraphBuilder
from bot.providers.local.speakers.regions import Region, RegionFinder, pack, unpack
from bot.providers.local.speakers.turns import Turn, speaker_turns
from tests.support.harnesses.local_engine import LocalHarness, write

VOICES = Path(__file__).parent / "voices"
Floats = NDArray[np.float32]


@pytest.fixture(scope="session")
def finder(cache: Path) -> RegionFinder:
    return RegionFinder(weights.prepare(cache))


@pytest.fixture(scope="session")
def clips() -> dict[str, list[Floats]]:
    return voices(VOICES)


def spans(turns: Sequence[Turn]) -> list[tuple[float, float, int]]:
    return [(turn.start, turn.end, turn.speaker) for turn in turns]


# Checkpoints and graphs


class _Trap:
    """What a hostile checkpoint would do: run something when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


def _checkpoint(content: object) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(content))
    return buffer.getvalue()


def test_a_checkpoint_runs_nothing(tmp_path: Path) -> None:
    trap = tmp_path / "touched"
    assert read_tensors(_checkpoint({"weight": _Trap(trap)})) == {}
    assert not trap.exists()


@pytest.mark.parametrize("data", [b"", b"not a zip", _checkpoint([1, 2]), _checkpoint({"state_dict": 3})])
def test_what_is_no_checkpoint_is_refused(data: bytes) -> None:
    with pytest.raises(CheckpointError):
        read_tensors(data)


def test_a_file_that_differs_from_the_published_one_is_not_used() -> None:
    known = weights.NETWORKS[weights.SEGMENTATION]
    with pytest.raises(weights.SpeakerWeightsError, match="differs"):
        weights.read(weights.PackagedNetwork(known.path, "0" * 64, known.graph))


def test_a_file_that_is_missing_is_named() -> None:
    known = weights.NETWORKS[weights.SEGMENTATION]
    with pytest.raises(weights.SpeakerWeightsError, match="no models/other"):
        weights.read(weights.PackagedNetwork("models/other", known.sha256, known.graph))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=300), st.floats(-10, 10, width=32))
def test_a_written_graph_computes_what_it_says(values: list[float], alpha: float) -> None:
    builder = GraphBuilder()
    total = builder.add("Add", "in", builder.constant(values))
    last = builder.add("Gather", total, builder.integers(-1), axis=0)
    output = builder.add("LeakyRelu", builder.add("Concat", total, last, axis=0), alpha=float(alpha))
    session = onnxruntime.InferenceSession(builder.model(["n"], output), providers=["CPUExecutionProvider"])
    x = np.linspace(-1, 1, len(values), dtype=np.float32)
    expected = x + np.array(values, np.float32)
    expected = np.append(expected, expected[-1])
    (found,) = session.run(None, {"in": x})
    assert np.allclose(found, np.where(expected < 0, expected * np.float32(alpha), expected), rtol=1e-5)


def test_the_networks_are_written_once(cache: Path, finder: RegionFinder) -> None:
    place = weights.prepare(cache)
    before = [(file.name, file.stat().st_mtime_ns) for file in sorted(place.iterdir())]
    assert weights.prepare(cache) == place
    assert [(file.name, file.stat().st_mtime_ns) for file in sorted(place.iterdir())] == before


# Grouping


def _unit_vectors(seed: int, n: int, size: int = 6) -> Floats:
    vectors = np.random.default_rng(seed).normal(0.3, 1, (n, size)).astype(np.float32)
    normed: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return normed


def _naive_groups(vectors: Floats, least: float) -> set[frozenset[int]]:
    """Average linkage by its definition: join the two groups of the highest mean similarity, again and again."""
    groups = [frozenset([i]) for i in range(len(vectors))]
    similarity = vectors.astype(np.float64) @ vectors.astype(np.float64).T

    def mean(a: frozenset[int], b: frozenset[int]) -> float:
        return float(np.mean([similarity[i, j] for i in a for j in b]))

    while len(groups) > 1:
        a, b = max(((a, b) for i, a in enumerate(groups) for b in groups[:i]), key=lambda pair: mean(*pair))
        if mean(a, b) < least:
            break
        groups = [g for g in groups if g not in (a, b)] + [a | b]
    return set(groups)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 18))
def test_groups_are_those_of_the_definition(seed: int, n: int) -> None:
    vectors = _unit_vectors(seed, n)
    found = cut(average_linkage(vectors), n)
    assert {frozenset(np.flatnonzero(found == g).tolist()) for g in set(found.tolist())} == _naive_groups(vectors, 0.5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 12), st.integers(1, 12))
def test_a_given_number_of_groups_is_reached(seed: int, n: int, count: int) -> None:
    found = cut(average_linkage(_unit_vectors(seed, n)), n, count)
    assert len(set(found.tolist())) == min(n, count)


def _region(start: float, vector: Floats | None, seconds: float = 2.0, voice: int = 0) -> Region:
    return Region(int(start // 5), voice, start, start + seconds, seconds, 1, vector)


def test_a_voice_of_a_moment_is_nobody_of_its_own() -> None:
    first, second = np.eye(192, dtype=np.float32)[:2]
    regions = [_region(5.0 * n, first) for n in range(4)] + [_region(20.0, second, 1.6)]
    assert set(cluster(regions)) == {0}
    assert len(set(cluster([*regions, _region(25.0, second)]))) == 2


def test_more_people_than_were_heard_alone_still_leave_everybody_a_name() -> None:
    first, second = np.eye(192, dtype=np.float32)[:2]
    regions = [
        Region(0, 0, 0.0, 1.0, 0.9, 1, first),
        Region(0, 1, 1.0, 2.0, 0.8, 1, second),
        Region(0, 0, 2.0, 2.3, 0.0, 1, None),  # the first voice again, only while others speak
    ]
    for count in (2, 3, 4):
        assert cluster(regions, count) == [0, 1, 0]


def _hours(hours: float, people: int) -> list[Region]:
    """Regions every five seconds, each of one of this many voices."""
    chance = np.random.default_rng(5)
    voices = np.eye(192, dtype=np.float32)
    return [_region(5.0 * n, voices[chance.integers(people)], 7.0) for n in range(int(hours * 720))]


def test_one_turn_stays_one_through_hours() -> None:
    turns = speaker_turns([replace(each, windows=2) for each in _hours(1.5, 1)])
    assert [(turn.start, round(turn.end), turn.speaker) for turn in turns] == [(0.0, 5402, 0)]


def test_hours_of_many_voices_take_no_more_memory_than_one() -> None:
    peaks: list[int] = []
    for hours in (1, 4):
        regions = _hours(hours, 30)
        tracemalloc.start()
        speaker_turns(regions)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0], peaks


def test_no_region_and_no_embedding_are_fine() -> None:
    assert speaker_turns([]) == []
    assert {turn.speaker for turn in speaker_turns([_region(0.0, None), _region(6.0, None)])} == {0}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 5), st.integers(0, 5))
def test_stored_regions_come_back(seed: int, first: int, second: int) -> None:
    vectors = _unit_vectors(seed, 12, 192)
    regions = [_region(3.5 * n, vectors[n] if n % 3 else None, voice=n % 3) for n in range(first + second)]
    found = unpack(pack(regions[:first]) + pack(regions[first:]))
    assert [(r.window, r.voice, r.start, r.end, r.alone, r.windows) for r in found] == [
        (r.window, r.voice, r.start, r.end, r.alone, r.windows) for r in regions
    ]
    for before, after in zip(regions, found, strict=True):
        if before.embedding is None or after.embedding is None:
            assert before.embedding is after.embedding
        else:
            assert float(before.embedding @ after.embedding) > 0.999


# Words


def _words(text: str, start: float = 0.0) -> list[TimedWord]:
    return [TimedWord(word, start + 0.3 * n, start + 0.3 * n + 0.25) for n, word in enumerate(text.split())]


def test_words_go_to_who_speaks_at_their_time() -> None:
    words = [*_words("good morning doctor."), *_words("good morning, sit down.", 2.0)]
    found = speakers_of(words, [Turn(0, 1, 5), Turn(1.9, 3.5, 2)])
    assert found == [0, 0, 0, 1, 1, 1, 1]  # in the order of their first word


def test_a_stray_word_amid_a_sentence_stays_with_its_sentence() -> None:
    words = _words("one two three four five six")
    turns = [Turn(0, 0.85, 0), Turn(0.9, 1.15, 1), Turn(1.2, 2, 0)]
    assert speakers_of(words, turns) == [0, 0, 0, 0, 0, 0]


def test_a_short_answer_is_its_speakers_own() -> None:
    words = [*_words("is it better?"), *_words("Yes.", 1.0), *_words("good then go on", 1.3)]
    turns = [Turn(0, 0.9, 0), Turn(1.0, 1.25, 1), Turn(1.3, 2.5, 0)]
    assert speakers_of(words, turns) == [0, 0, 0, 1, 0, 0, 0, 0]


def test_a_word_far_from_every_turn_is_nobodys() -> None:
    assert speakers_of(_words("lost", 100.0), [Turn(0, 1, 0)]) == [None]
    assert speakers_of(_words("near", 1.5), [Turn(0, 1, 0)]) == [0]
    assert speakers_of(_words("none"), []) == [None]


# Real voices


@pytest.mark.engine
@pytest.mark.parametrize(
    "speaker", ["533", "2609", *(pytest.param(name, marks=pytest.mark.slow) for name in ("1688", "3331"))]
)
def test_one_voice_stays_one(finder: RegionFinder, clips: dict[str, list[Floats]], speaker: str) -> None:
    talk = conversation({speaker: clips[speaker]}, 1, 40, overlap=0)
    turns = speaker_turns(finder.find(talk.sound))
    assert {turn.speaker for turn in turns} == {0}
    assert errors(talk.spans, spans(turns)).rate < 0.2  # pauses of up to half a second belong to a turn


def _pair(clips: dict[str, list[Floats]], seed: int = 2) -> Conversation:
    return conversation({name: clips[name] for name in ("2609", "533")}, seed, 45)


@pytest.mark.engine
@pytest.mark.parametrize("telephone", [pytest.param(False, marks=pytest.mark.slow), True])
def test_two_voices_are_told_apart(finder: RegionFinder, clips: dict[str, list[Floats]], telephone: bool) -> None:
    talk = _pair(clips)
    turns = speaker_turns(finder.find(by_telephone(talk.sound) if telephone else talk.sound))
    assert {turn.speaker for turn in turns} == {0, 1}
    found = errors(talk.spans, spans(turns))
    assert found.wrong_names < 0.1
    assert found.rate < 0.25


@pytest.mark.engine
def test_four_voices_are_told_apart(finder: RegionFinder, clips: dict[str, list[Floats]]) -> None:
    talk = conversation(clips, 3, 75)
    turns = speaker_turns(finder.find(talk.sound))
    assert len({turn.speaker for turn in turns}) == 4
    assert errors(talk.spans, spans(turns)).wrong_names < 0.12


@pytest.mark.engine
def test_a_given_number_of_speakers_is_kept_to(finder: RegionFinder, clips: dict[str, list[Floats]]) -> None:
    regions = finder.find(_pair(clips).sound)
    for count in (1, 2, 3):
        assert len(set(cluster(regions, count))) == count


@pytest.mark.engine
def test_blocks_and_the_whole_name_the_same_people(finder: RegionFinder, clips: dict[str, list[Floats]]) -> None:
    talk = _pair(clips, 4)
    half = len(talk.sound) // 2
    parts = finder.find(talk.sound[:half]) + finder.find(talk.sound[half:], half / 16_000, 1000)
    assert errors(talk.spans, spans(speaker_turns(unpack(pack(parts))))).wrong_names < 0.1


@pytest.mark.engine
def test_silence_has_no_regions_and_speech_is_found_without_embeddings(
    finder: RegionFinder, clips: dict[str, list[Floats]]
) -> None:
    assert finder.find(np.zeros(160_000, np.float32)) == []
    assert finder.find(np.zeros(0, np.float32)) == []
    found = finder.find(clips["533"][0], embed=False)
    assert found
    assert all(region.embedding is None for region in found)


@pytest.mark.engine
@pytest.mark.timeout(300)  # a busy machine is no failure
async def test_each_recording_says_how_its_speakers_are_told_apart(
    harness: LocalHarness, clips: dict[str, list[Floats]], tmp_path: Path
) -> None:
    path = write(tmp_path / "pair.wav", (np.clip(_pair(clips).sound, -1, 1) * 32_767).astype(np.int16))
    assert (await harness.transcribe(path, speakers="none")).speakers == ()
    assert (await harness.transcribe(path, speakers="2")).speakers == ("Speaker 1", "Speaker 2")
