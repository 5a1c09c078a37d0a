"""The form of each aggregate kind's stored states: a number that rises when a state changes shape.

Workers derive a state of an older form again from its facts instead of decoding it.
docs/upgrading.md says when a form needs a new number.
"""

from collections.abc import Mapping
from types import MappingProxyType

from groupage.domain.events.base import AggregateKind

DERIVATION_CHECK = "states"
"""Name of the readiness check that fails while states of older forms are left."""

POLICY_KINDS: frozenset[AggregateKind] = frozenset(
    {"consignment", "declaration", "consolidation", "lane"}
)
"""The kinds that judge by the hub's policy: after an adoption their states are derived again."""

FORMS: Mapping[AggregateKind, int] = MappingProxyType(
    {
        "consignment": 9,
        "unit": 3,
        "container": 4,
        "visit": 2,
        "declaration": 2,
        "voyage": 6,
        "consolidation": 6,
        "lane": 5,
        "command": 3,
    }
)
