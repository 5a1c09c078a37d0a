"""Unknown words before the noun of a carton's size or weight: ``Pouch size``.

Such a word may turn the name round. The column then counts as one of something else, unless figures
prove that it is the carton's, or somebody says so.
"""

import re
from itertools import pairwise

from producers.packing_lists.header import HeaderColumn
from producers.packing_lists.model import Field
from producers.packing_lists.naming import read_name
from producers.packing_lists.words import words_of

_MODIFIED = 0.8
"""Below the share of the best score at which a meaning is taken without a proof."""
_CLEAR = 0.8
"""Score of a part of the name that needs no other part."""
_NOUNS: dict[Field, frozenset[str]] = {
    "size": frozenset(("size", "measurement", "spec")),
    "gross": frozenset(("weight",)),
}
_NEUTRAL = frozenset(
    (
        "actual",
        "approx",
        "approximate",
        "avg",
        "average",
        "est",
        "final",
        "out",
        "real",
        "std",
        "standard",
        "our",
        "s",
        "实际",
        "标准",
        "约",
        "预估",
        "最终",
        "整",
        "成品",
    )
)
"""Unknown words that do not change of what a size or weight is."""
_EDGE_SIGNS = re.compile(r"[lwhdb](?:x?[lwhdb])+")


def doubt_modified(head: HeaderColumn, scores: dict[Field, float]) -> dict[Field, float]:
    """Return the scores of a name, below that of a column to ignore if a modifier is unknown."""
    field = max(scores, key=lambda each: scores[each], default=None)
    if field is None or field not in _NOUNS or not _has_unknown_modifier(head, field):
        return scores
    lowered = {each: _MODIFIED * score for each, score in scores.items()}
    return {**lowered, "ignored": scores[field]}


def _has_unknown_modifier(head: HeaderColumn, field: Field) -> bool:
    """Tell whether an unknown word stands before the field's noun.

    Not where another part of the name, in another language, says the same without it.
    """
    nouns, modified = _NOUNS[field], False
    for part in (part for own in head.own for part in re.split(r"[\n/|]", own)):
        tokens = words_of(part).tokens
        unknown = any(_is_modifier(first) and second & nouns for first, second in pairwise(tokens))
        has_noun = any(token & nouns for token in tokens)
        if has_noun and not unknown and read_name(part).scores.get(field, 0.0) >= _CLEAR:
            return False
        modified = modified or unknown
    return modified


def _is_modifier(token: frozenset[str]) -> bool:
    words = [concept[1:] for concept in token if concept.startswith("?")]
    return any(word not in _NEUTRAL and not _EDGE_SIGNS.fullmatch(word) for word in words)
