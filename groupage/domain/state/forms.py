"""The form of each aggregate kind's stored states: a number that rises when a state changes shape.

Workers derive a state of an older form again from its facts instead of decoding it.
docs/upgrading.md says when a form needs a new number.
"""

from collections.abc import Mapping
from types import MappingProxyType

from groupage.domain.events.base import AggregateKind

DERIVATION_CHECK = "states"
"""Name of the readiness check that fails while states of older forms are left."""

FORMS: Mapping[AggregateKind, int] = MappingProxyType(
    {
        "consignment": 1,
        "unit": 1,
        "container": 1,
        "visit": 1,
        "declaration": 1,
        "voyage": 1,
        "consolidation": 1,
        "lane": 1,
        "command": 1,
    }
)
