"""Each place has one code, and the codes that groupage mentions are in published lists."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from groupage.domain.places import ALIASES, PLACES, canonical_place
from groupage.domain.policy import Policy
from producers.packing_lists.terms import port
from producers.simulator.geography import LINES

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("GROUPAGE_TEST_DATA", ROOT.parent / "shared" / "data"))
PORTS = DATA / "places" / "sea-ports.json"
INLAND = {"CNYIU", "DEDUI"}
"""Rail terminals and a river port, by UN/LOCODE 2023-1; the list of sea ports has none."""
FIELD = re.compile(
    r"""(?:pol|pod|place|place_id|terminal_id)["']?\s*[:=]\s*\\?["']([A-Z]{2}[A-Z2-9]{3})\\?["']"""
)
LANE = re.compile(r"\b(?!BUYER)([A-Z]{2}[A-Z2-9]{3})-([A-Z]{2}[A-Z2-9]{3})\b")
ABOUT_ALIASES = {"test_places", "test_place_codes", "upgrading"}
SUFFIXES = {".py", ".md", ".toml", ".json", ".yml", ".yaml", ".svg", ".csv", ".sh"}
NOWHERE = {"CNXXX"}
"""A place that is on no map, in a test of that."""


def codes_in_the_tree() -> Iterator[tuple[str, Path]]:
    """Yield the codes in fields of places and in ids of lanes, in code, data and documents."""
    for folder in ("groupage", "processors", "optimizer", "producers", "docs", "deploy", "tests"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.stem not in ABOUT_ALIASES:
                text = path.read_text(errors="replace")
                yield from ((code, path) for code in FIELD.findall(text))
                yield from ((code, path) for lane in LANE.findall(text) for code in lane)
    text = (ROOT / "README.md").read_text()
    yield from ((code, ROOT / "README.md") for lane in LANE.findall(text) for code in lane)


def test_every_code_in_the_tree_is_a_known_place() -> None:
    """In its canonical form: nobody copies an alias from an example."""
    found = list(codes_in_the_tree())
    assert len(found) > 100
    assert {(code, str(path)) for code, path in found if code not in PLACES} - {
        (code, str(path)) for code, path in found if code in NOWHERE
    } == set()
    for code in [*(line.pol for line in LINES), *(line.pod for line in LINES)]:
        assert code in PLACES
    assert {place.place_id for place in Policy().terminals} <= set(PLACES)


def test_an_alias_means_a_known_place_and_no_other_alias() -> None:
    """So the canonical form of a canonical form is itself."""
    assert set(ALIASES.values()) <= set(PLACES)
    assert not set(ALIASES) & set(PLACES)
    assert canonical_place("CNNBO") == "CNNGB"
    assert canonical_place("FRLEH") == "FRLEH"


@pytest.mark.skipif(not PORTS.exists(), reason=f"no list of ports in {PORTS.parent}")
def test_the_places_are_in_a_published_list() -> None:
    """And aliases that the list gives for a port are ours, too."""
    ports = json.loads(PORTS.read_text())
    assert set(PLACES) - set(ports) == INLAND
    for codes in {tuple(each["unlocs"]) for each in ports.values()}:
        assert len({canonical_place(code) for code in codes}) == 1, codes


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("义乌", "CNYIU"),
        ("Yiwu", "CNYIU"),
        ("CNYIW", "CNYIU"),
        ("Ningbo CNNBO", "CNNGB"),
        ("CN SGH", "CNSHA"),
        ("NLRTM", "NLRTM"),
    ],
)
def test_packing_lists_take_names_and_aliases(cell: str, code: str) -> None:
    """One code for each place."""
    assert port(cell) == code
