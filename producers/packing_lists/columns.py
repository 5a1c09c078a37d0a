"""Meanings of columns: what the header's words, the cells and the number formats allow."""

import re
from collections import Counter
from collections.abc import Iterable

import msgspec

from producers.packing_lists.cells import look
from producers.packing_lists.header import HeaderColumn
from producers.packing_lists.model import Column, Field, Meaning, Per, Unit
from producers.packing_lists.modifiers import doubt_modified
from producers.packing_lists.naming import (
    DIMENSIONS,
    SCORE_MIN,
    Name,
    cell_kind_of,
    dimension_of,
    read_name,
    unit_alone,
)
from producers.packing_lists.other_columns import (
    NOUN_FIELDS,
    name_depths,
    name_ranges,
    set_garments_aside,
    set_pallets_aside,
    set_serials_aside,
    settle_quantities,
)
from producers.packing_lists.spellings import unit_of
from producers.packing_lists.tables import TableArea
from producers.packing_lists.words import words_of
from producers.sheets.workbook import Sheet

_PROFILE_ROWS = 400
_MEANINGS_MAX = 6
_EDGES: tuple[Field, Field, Field] = ("length", "width", "height")

_SIGNS = frozenset("x×*X✕")
_SIGNED: frozenset[Field] = frozenset(
    ("this_side_up", "not_stackable", "fragile", "keep_dry", "dangerous", "handling")
)
"""Fields whose cells may hold nothing but a cross."""
_COUNTS: tuple[Field, ...] = ("cartons", "pieces", "pieces_per_carton", "carton_no")
_GROUP_NOUNS = frozenset(("carton", "packages", "product", "inner"))
_COUNT_WORDS = frozenset(("packages", "quantity", "total"))
_CARTON_WORDS = frozenset(("carton", "filler"))


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What the cells below a header look like."""

    filled: int = 0
    kinds: dict[str, int] = {}
    nouns: dict[str, int] = {}
    """How many figures have a word for cartons or for pieces behind them."""
    per_carton: int = 0
    """How many cells say that their figure is of a carton: ``15.5 kg/ctn``."""
    units: tuple[Unit, ...] = ()
    """Units beside the figures, most frequent first."""
    format_units: tuple[Unit, ...] = ()
    only_signs: bool = False
    """The cells hold nothing but ``×`` between edges."""

    def share(self, *kinds: str) -> float:
        """Return the share of cells of some kinds among those that are filled."""
        return sum(self.kinds.get(kind, 0) for kind in kinds) / self.filled if self.filled else 0.0


def read_columns(sheet: Sheet, area: TableArea) -> tuple[Column, ...]:
    """Return the columns with a header or with cells, with their possible meanings."""
    header, first = area.header, area.header.rows[-1] + 1
    heads = {column.index: column for column in header.columns}
    last = min(area.stop, first + _PROFILE_ROWS)
    width = max((len(row) for row in sheet.rows[first:last]), default=0)
    for index in range(len(heads), min(width, 500)):
        heads[index] = HeaderColumn(index=index)
    heads = {i: head for i, head in heads.items() if i not in sheet.hidden_columns}
    rows = _rows_with_figures(sheet, range(first, last))
    profiles = {index: _profile(sheet, index, rows) for index in heads}
    spread = _spread_fields(heads, profiles)
    columns = []
    for index, head in sorted(heads.items()):
        if not head.text() and not profiles[index].filled:
            continue
        meanings = _meanings(head, profiles[index], spread.get(index))
        columns.append(Column(index=index, header=head.text(), meanings=meanings))
    columns = name_depths(set_garments_aside(columns, heads))
    columns = set_serials_aside(sheet, columns, range(first, last))
    columns = name_ranges(sheet, columns, rows)
    columns = settle_quantities(sheet, columns, rows)
    return set_pallets_aside(columns)


def name_gross(column: Column) -> Column:
    """Take a column for gross weights alone: its cells had gross and net weight."""
    weights = [each for each in column.meanings if each.field in ("gross", "net")]
    kept = [each for each in weights if each.field == "gross"] or weights[:1]
    why = f'header "{column.header}", the larger of two weights in a cell'
    meanings = tuple(msgspec.structs.replace(each, field="gross", why=why) for each in kept)
    return msgspec.structs.replace(
        column, meanings=meanings or (Meaning(field="gross", score=0.9, why=why),)
    )


def _profile(sheet: Sheet, column: int, rows: tuple[int, ...]) -> Profile:
    kinds: Counter[str] = Counter()
    nouns: Counter[str] = Counter()
    units: Counter[Unit] = Counter()
    formats: Counter[Unit] = Counter()
    signs = per_carton = 0
    for row in rows:
        cell = sheet.cell(row, column)
        seen = look(cell)
        if seen.kind in ("empty", "unknown"):
            continue
        kinds[seen.kind] += 1
        units.update(seen.units)
        per_carton += seen.per_carton
        nouns.update(_nouns(seen.noun))
        signs += isinstance(cell, str) and cell.strip() in _SIGNS
        if unit := _format_unit(sheet.number_formats.get((row, column), "")):
            formats[unit] += 1
    filled = sum(kinds.values())
    return Profile(
        filled=filled,
        kinds=dict(kinds),
        nouns=dict(nouns),
        per_carton=per_carton,
        units=tuple(unit for unit, _ in units.most_common()),
        format_units=tuple(unit for unit, _ in formats.most_common()),
        only_signs=bool(filled) and signs == filled,
    )


def _nouns(word: str) -> frozenset[str]:
    """Return whether a word behind a figure means cartons or pieces: ``10 ctns``, ``96 把``."""
    found = frozenset().union(*words_of(word).tokens) if word else frozenset()
    nouns = {"carton" if concept == "packages" else concept for concept in found}
    return frozenset(nouns & {"carton", "piece"})


def _rows_with_figures(sheet: Sheet, rows: range) -> tuple[int, ...]:
    """Return rows that look like cargo: notes and signatures between them do not count."""
    figures = ("number", "size", "range", "unknown")
    kinds = {row: [look(cell).kind for cell in sheet.rows[row]] for row in rows}
    found = [row for row in rows if sum(kind in figures for kind in kinds[row]) >= 2]
    return tuple(found or rows)


def _format_unit(number_format: str) -> Unit | None:
    r"""Return the unit that a number format shows: ``0.00"kg"``, ``0\ \k\g``."""
    shown = "".join(re.findall(r'"([^"]*)"', number_format)) or "".join(
        re.findall(r"\\(.)", number_format)
    )
    return unit_of(shown) if shown else None


def _spread_fields(
    heads: dict[int, HeaderColumn], profiles: dict[int, Profile]
) -> dict[int, Field]:
    """Name columns that have no name: three figures under or after one name of a size."""
    found: dict[int, Field] = {}
    taken: set[int] = set()
    for index in sorted(heads):
        head = heads[index]
        text = head.text()
        if index in taken or not text:
            continue
        run = [index]
        while (after := heads.get(run[-1] + 1)) is not None and (
            (head.spread and after.spread and after.groups == head.groups)
            or (not after.text() and profiles[after.index].filled > 0)
        ):
            run.append(after.index)
        taken.update(run)
        fields = read_name(text).scores
        figures = [i for i in run if profiles[i].share("number") > 0.5]
        if len(run) > 1 and max(fields.get("size", 0), fields.get("volume", 0) * 0.6) >= 0.5:
            if len(figures) == len(_EDGES):
                found.update(zip(figures, _EDGES, strict=True))
        elif len(run) > 1 and fields.get("carton_no", 0) >= 0.6:
            found.update(
                (i, "carton_no" if profiles[i].filled or i == index else "ignored") for i in run
            )
    return found


def _names(head: HeaderColumn) -> Name:
    """Score a column's own name, and its name together with that of its group."""
    if not head.groups:
        return read_name("\n".join(head.own))
    group = read_name("\n".join(head.groups))
    if not head.own:
        return group
    own = read_name("\n".join(head.own))
    tokens = words_of(" ".join(head.own)).tokens
    if tokens and all(token & _CARTON_WORDS for token in tokens) and _has_dimension(group):
        # "CBM" over "ctn" and "total"
        return read_name(f"{' '.join(head.groups)} per carton")
    joint = read_name(" ".join((*head.groups, *head.own)))
    nouns = words_of(" ".join(head.groups)).tokens
    if nouns and all(token & _GROUP_NOUNS for token in nouns):
        # "Weight" under "Product" is not the carton's.
        return joint
    scores = {field: 0.9 * score for field, score in joint.scores.items()}
    for field, score in own.scores.items():
        scores[field] = max(score, scores.get(field, 0.0))
    units = own.units or group.units
    per: tuple[Per, ...] = own.per or group.per
    return Name(scores=scores, units=units, currency=own.currency or group.currency, per=per)


def _has_dimension(name: Name) -> bool:
    field = name.best()
    return field is not None and bool(dimension_of(field))


def _meanings(head: HeaderColumn, profile: Profile, spread: Field | None) -> tuple[Meaning, ...]:
    text = head.text()
    name = _names(head)
    scores = dict(name.scores)
    if spread is not None:
        scores = {spread: 1.0}
    elif profile.only_signs and name.best() not in _SIGNED:
        scores = {"ignored": 1.0}
    else:
        scores = {field: score * _fit(field, profile) for field, score in scores.items()}
        if "cartons" in scores and _counts_pieces(text):
            scores["pieces"] = max(scores.get("pieces", 0.0), scores["cartons"])
            scores["cartons"] *= 0.85
        if profile.share("size") > 0.5:
            scores["size"] = max(scores.get("size", 0.0), 0.55)
        for noun, field in NOUN_FIELDS:
            if profile.nouns.get(noun, 0) * 2 > profile.filled:
                scores[field] = max(scores.get(field, 0.0), 1.0)
                scores.update({f: 0.5 * scores[f] for f in _COUNTS if f != field and f in scores})
        counts = any(token & _COUNT_WORDS for token in words_of(text).tokens)
        if profile.share("range") > 0.3 and not counts and {"cartons", "ignored"} & set(scores):
            scores["carton_no"] = max(scores.get("carton_no", 0.0), 0.75)
    if spread is None:
        scores = _with_units_alone(head, name, scores)
    best = max(scores.values(), default=0.0)
    meanings = [
        meaning
        for field, score in scores.items()
        if score >= max(0.6 * best, SCORE_MIN * 0.6)
        for meaning in _with_units(field, score, name, profile, text)
    ]
    meanings.sort(key=lambda meaning: -meaning.score)
    if not meanings:
        why = f'no known words in "{text}"' if text else "no header"
        return (Meaning(field="ignored", score=0.2, why=why),)
    return tuple(meanings[:_MEANINGS_MAX])


def _with_units_alone(
    head: HeaderColumn, name: Name, scores: dict[Field, float]
) -> dict[Field, float]:
    """Add the fields that a unit alone names, and doubt names with an unknown modifier."""
    if name.units and not _fit_unit(scores, name.units[0]):
        scores = {**scores, **dict(unit_alone(name.units[0]))}
    return doubt_modified(head, scores)


def _counts_pieces(header: str) -> bool:
    """Tell whether a name of packages has pieces beside it: ``件数(PCS)`` may be either."""
    found = frozenset().union(*words_of(header).tokens)
    return "piece" in found and "packages" in found and "carton" not in found


def _fit_unit(fields: Iterable[Field], unit: Unit) -> bool:
    return any(dimension_of(field) == DIMENSIONS[unit] for field in fields)


def _fit(field: Field, profile: Profile) -> float:
    """Return how well the cells fit a field: 1 is well."""
    if not profile.filled:
        return 1.0
    match cell_kind_of(field):
        case "number":
            return 0.3 + 0.7 * profile.share("number")
        case "size":
            return 0.2 + 0.8 * profile.share("size", "text")
        case "text":
            return 0.4 + 0.6 * profile.share("text", "range", "size")
    return 1.0


def _with_units(
    field: Field, score: float, name: Name, profile: Profile, text: str
) -> list[Meaning]:
    """Return a field's meaning in each unit that is named, and of what its figures are."""
    dimension = dimension_of(field)
    why = f'header "{text}"' if text else "the cells"
    per = _per(field, name)
    if per is None and not name.per and profile.filled and profile.per_carton == profile.filled:
        per = "carton"
    if not dimension:
        if name.units and field in _COUNTS:
            score *= 0.4
        currency = name.currency if field in ("unit_price", "amount") else ""
        return [Meaning(field=field, per=per, currency=currency, score=round(score, 4), why=why)]
    named = [unit for unit in name.units if DIMENSIONS[unit] == dimension]
    if name.units and not named:
        score *= 0.4
    beside = [unit for unit in profile.units if DIMENSIONS[unit] == dimension]
    shown = [unit for unit in profile.format_units if DIMENSIONS[unit] == dimension]
    reasons: dict[Unit | None, str] = {}
    for unit in named:
        reasons[unit] = why
    for unit in beside:
        reasons.setdefault(unit, f"{why}, {unit} beside the figures")
    for unit in shown:
        reasons.setdefault(unit, f"{why}, {unit} in the number format")
    return [
        Meaning(field=field, unit=unit, per=per, score=round(score, 4), why=reason)
        for unit, reason in (reasons or {None: why}).items()
    ]


def _per(field: Field, name: Name) -> Per | None:
    if field in (*_EDGES, "size", "pieces_per_carton", "max_top_load", "max_layers"):
        return "carton"
    if field in ("cartons", "pieces", "amount"):
        return "row"
    if field in ("volume", "gross", "net"):
        return name.per[0] if len(name.per) == 1 else None
    return None
