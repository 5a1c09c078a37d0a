"""Scores of fields for a name: which field a header or a label means, by the words it shares.

A name is compared with the example names of ``vocabulary.toml`` as a set of weighted concepts:
shared weight over all weight, where words of the example that are missing count fully and further
words of the name count less. ``total`` and ``per carton`` are not compared for sizes, volumes and
masses: they say of what the figure is.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, cast

import msgspec

from producers.packing_lists.model import Field, Per, Unit
from producers.packing_lists.spellings import plain, vocabulary
from producers.packing_lists.words import NAME_LENGTH_MAX, words_of

DIMENSIONS: dict[Unit, str] = {
    **dict.fromkeys(cast("tuple[Unit, ...]", ("mm", "cm", "m", "in", "ft")), "length"),
    **dict.fromkeys(cast("tuple[Unit, ...]", ("g", "kg", "jin", "lb", "t")), "mass"),
    **dict.fromkeys(cast("tuple[Unit, ...]", ("m3", "cm3", "l", "ft3")), "volume"),
}
SCORE_MIN = 0.4
"""A name with a lower score does not name the field."""
_FURTHER_WORD = 0.6
_WEAK_EXAMPLE = 0.6
_QUALIFIERS = frozenset(("total", "percarton"))
_ONE_CARTON = re.compile(
    r"(?<![^\W_])(?:ctn|crtn|carton|case|box|pkg|package|parcel|outer|caja|caixa|karton)(?![^\W_])|箱"
)
"""Packages in the plural do not say of how many a weight is."""
_MANY_CARTONS = re.compile(
    r"(?<![^\W_])(?:ctns|crtns|cartons|cases|boxes|pkgs|packages|parcels|kartons|cajas|bultos|"
    r"caixas|colis|мест|коробок)(?![^\W_])|件数|箱数"
)
_CJK_RUN = re.compile(r"[\u3400-\u9fff]+")
_UNIT_ALONE: dict[str, tuple[tuple[Field, float], ...]] = {
    "mass": (("gross", 0.6), ("net", 0.45)),
    "volume": (("volume", 0.9),),
    "length": (("size", 0.45),),
}

Weighted = dict[str, float]


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """What a header or a label says: scored fields, units, and of what its figures are."""

    scores: dict[Field, float]
    units: tuple[Unit, ...] = ()
    currency: str = ""
    per: tuple[Per, ...] = ()
    """Empty: the name does not say."""

    def best(self) -> Field | None:
        """Return the field with the highest score."""
        return max(self.scores, key=lambda field: self.scores[field], default=None)

    def score(self) -> float:
        """Return the highest score; 0 for a name without a field."""
        return max(self.scores.values(), default=0.0)


class _Example(msgspec.Struct, frozen=True):
    concepts: frozenset[str]
    weight: float


@cache
def _weights() -> Weighted:
    return cast("Weighted", vocabulary()["weights"])


def _weight(concepts: Iterable[str]) -> float:
    weights = _weights()
    return max((weights.get(concept, 1.0) for concept in concepts), default=0.0)


@cache
def _examples(section: str) -> dict[Field, tuple[_Example, ...]]:
    found: dict[Field, tuple[_Example, ...]] = {}
    for field, table in vocabulary()[section].items():
        names = [(name, 1.0) for name in table.get("names", ())]
        names += [(name, _WEAK_EXAMPLE) for name in table.get("weak", ())]
        examples: list[_Example] = []
        for name, weight in names:
            sets = _alternatives(words_of(name).tokens, qualified=_measures(table))
            examples.extend(_Example(concepts, weight) for concepts in sets)
        found[field] = tuple(dict.fromkeys(examples))
    return found


@cache
def _example_concepts(section: str) -> frozenset[str]:
    """Return the concepts of all examples; a name without any of them scores nothing."""
    return frozenset().union(
        *(example.concepts for found in _examples(section).values() for example in found)
    )


def _measures(table: dict[str, Any]) -> bool:
    return "dimension" in table


def _alternatives(tokens: tuple[frozenset[str], ...], *, qualified: bool) -> list[frozenset[str]]:
    """Return the sets of concepts that a name can mean, where words have several concepts."""
    sets: list[frozenset[str]] = [frozenset()]
    for token in tokens[:12]:
        sets = [known | {concept} for known in sets[:8] for concept in sorted(token)]
    dropped = frozenset(("filler",)) | (_QUALIFIERS if qualified else frozenset())
    return [found - dropped for found in sets]


def dimension_of(field: Field) -> str:
    """Return the dimension of a field's figures: length, mass, volume, or none."""
    return str(vocabulary()["fields"].get(field, {}).get("dimension", ""))


def cell_kind_of(field: Field) -> str:
    """Return what the cells of a field hold: number, size, text or any."""
    return str(vocabulary()["fields"].get(field, {}).get("cell", "any"))


@lru_cache(maxsize=4096)
def read_name(text: str, section: str = "fields") -> Name:
    """Score a header (section ``fields``) or a label (section ``labels``)."""
    text = text[:NAME_LENGTH_MAX]
    whole = words_of(text)
    parts = [words_of(part) for part in _parts(text)]
    units = tuple(dict.fromkeys(unit for words in (whole, *parts) for unit in words.units))
    scores = _combine(
        _score(whole.tokens, section),
        [found for found in (_score(part.tokens, section) for part in parts) if found],
    )
    meant = frozenset().union(*whole.tokens)
    if not meant - {"filler"} - _QUALIFIERS and units and section == "fields":
        scores = dict(unit_alone(units[0]))
    if not meant & {"percarton", "packrate"} and _MANY_CARTONS.search(plain(text)):
        scores.pop("pieces_per_carton", None)  # "Quantity of cartons" counts them
    per: list[Per] = []
    if "percarton" in meant:
        per.append("carton")
    if "total" in meant:
        per.append("row")
    best = max(scores, key=lambda field: scores[field], default=None)
    if best in ("gross", "net", "volume") and not per and _ONE_CARTON.search(plain(text)):
        per.append("carton")  # "Carton gross weight" is of one carton
    currency = next(iter(whole.currencies), "")
    return Name(scores=scores, units=units, currency=currency, per=tuple(per))


def unit_alone(unit: Unit) -> tuple[tuple[Field, float], ...]:
    """Return the fields that a unit alone may name: ``KGS``, ``CBM``."""
    return _UNIT_ALONE[DIMENSIONS[unit]]


def _parts(text: str) -> list[str]:
    """Split a name into its lines, its alternatives (``毛重/G.W.``) and its scripts."""
    found: list[str] = []
    for line in re.split(r"[\n\r|]+| / ", text):
        pieces = [line]
        if "/" in line and re.search(
            r"[\u3400-\u9fff]\s*/\s*[A-Za-z]|[A-Za-z.]\s*/\s*[\u3400-\u9fff]", line
        ):
            pieces = line.split("/")
        for piece in pieces:
            chinese = " ".join(_CJK_RUN.findall(piece))
            latin = _CJK_RUN.sub(" ", piece)
            split = chinese and any("filler" not in token for token in words_of(latin).tokens)
            found += [chinese, latin] if split else [piece]
    found = [part for part in found if plain(part)]
    return found if len(found) > 1 else []


def _score(tokens: tuple[frozenset[str], ...], section: str) -> dict[Field, float]:
    scores: dict[Field, float] = {}
    meant = frozenset().union(*tokens)
    if not meant & _example_concepts(section):
        return scores
    sets = {flag: _alternatives(tokens, qualified=flag) for flag in (True, False)}
    for field, examples in _examples(section).items():
        table = vocabulary()[section][field]
        if "requires" in table and not meant & frozenset(table["requires"]):
            continue
        named = sets[_measures(table)]
        best = max(
            (_similarity(name, example) for name in named for example in examples), default=0.0
        )
        if best >= SCORE_MIN:
            scores[field] = best
    return scores


def _similarity(name: frozenset[str], example: _Example) -> float:
    shared = name & example.concepts
    if not shared:
        return 0.0
    together = sum(_weight((concept,)) for concept in shared)
    if not together:
        return 0.0
    missing = sum(_weight((concept,)) for concept in example.concepts - shared)
    further = sum(_weight((concept,)) for concept in name - shared)
    return example.weight * together / (together + missing + _FURTHER_WORD * further)


def _combine(whole: dict[Field, float], parts: list[dict[Field, float]]) -> dict[Field, float]:
    if not parts:
        return whole
    fields = dict.fromkeys([*whole, *(field for part in parts for field in part)])
    combined: dict[Field, float] = {}
    for field in fields:
        scores = [part.get(field, 0.0) for part in parts]
        mean = sum(scores) / len(scores)
        score = 0.4 * whole.get(field, 0.0) + 0.3 * max(scores) + 0.3 * mean
        if score >= SCORE_MIN * 0.9:
            combined[field] = score
    return combined
