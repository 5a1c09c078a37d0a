"""Relationships between the parts of an Office archive (ISO/IEC 29500-2, 9.3)."""

import posixpath

import msgspec

from producers.sheets.archive import Archive
from producers.sheets.markup import parse_markup


class Relation(msgspec.Struct, frozen=True):
    """The kind of a part, such as `worksheet`, and its name."""

    kind: str
    target: str


def relations(archive: Archive, part: str) -> dict[str, Relation]:
    """Return the relationships of a part by their id; of the archive, when the part is empty."""
    folder, _, file = part.rpartition("/")
    path = f"{folder}/_rels/{file}.rels"
    found: dict[str, Relation] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            target = _resolve(part, attributes.get("Target", ""))
            found[attributes.get("Id", "")] = Relation(kind, target)

    if path in archive:
        parse_markup(archive.chunks(path), start)
    return found


def main_part(archive: Archive, usual: str) -> str:
    """Return the archive's main part, or the usual name when no relationship names it."""
    for relation in relations(archive, "").values():
        if relation.kind == "officeDocument":
            return relation.target
    return usual


def _resolve(base: str, target: str) -> str:
    target = target.replace("\\", "/")
    if target.startswith("/"):
        return target
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), target))
