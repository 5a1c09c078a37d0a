"""The consignment's claims to its units, published as `unit.announced`.

One publication stands for all of them, compared as a whole: a message goes out for what differs,
one to the units of each partition. A claim that ends, or that no delivery note or scan makes any
more, is published again as ended or withdrawn, with a higher revision of the consignment.

Whether a claim ends may not depend on facts that the consignment has by that claim: with them it
would stand, without them it would not, and the order of arrival would decide. So a unit that is
missing from a completed receipt is still claimed, as missing.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from groupage.contracts.partitioning import partition_of
from groupage.domain.events.unit import UnitAnnounced
from processors.kernel.outputs import Change, Message

_UNIT_TOPIC = "hub.unit.v1"


class Claim(NamedTuple):
    """The claim of the consignment to a unit: since when, until when, missing since when."""

    since_at: datetime
    ended_at: datetime | None
    missing_at: datetime | None = None
    withdrawn: bool = False


class UnitClaims(NamedTuple):
    """The claims of a consignment to its units."""

    consignment_id: str
    notes: tuple[tuple[datetime, tuple[str, ...]], ...]
    """(since when, unit ids) of each delivery note or scan."""
    over_at: datetime | None = None
    """When it was rejected, cancelled, returned or split: all its claims have ended."""
    missing: tuple[str, ...] = ()
    """Announced units that were not received and are no longer expected."""
    missing_at: datetime | None = None
    """Since when they are not."""

    def by_unit(self) -> dict[str, Claim]:
        """Return the claim to each unit."""
        claims: dict[str, Claim] = {}
        for at, unit_ids in self.notes:
            claims.update(dict.fromkeys(unit_ids, Claim(at, self.over_at)))
        for unit_id in self.missing:
            claims[unit_id] = claims[unit_id]._replace(missing_at=self.missing_at)
        return claims

    def messages(
        self,
        output_id: str,  # noqa: ARG002
        before: "UnitClaims | None",
        at: datetime,
    ) -> Iterator[Message]:
        """Yield the claims that are new or differ from `before`; those that are gone never were."""
        published = {} if before is None else before.by_unit()
        claims = self.by_unit()
        for unit_id in published.keys() - claims.keys():
            since_at = published[unit_id].since_at
            claims[unit_id] = Claim(since_at, at, withdrawn=True)
        groups: dict[tuple[Claim, int], list[str]] = {}
        for unit_id, claim in sorted(claims.items()):
            if published.get(unit_id) != claim:
                partition = partition_of(unit_id, _UNIT_TOPIC)
                groups.setdefault((claim, partition), []).append(unit_id)
        for (claim, _), (first, *others) in groups.items():
            event = UnitAnnounced(
                unit_id=first,
                owner_id=self.consignment_id,
                announced_at=claim.since_at,
                others=tuple(others),
                ended=claim.ended_at is not None,
                missing=claim.missing_at is not None,
                withdrawn=claim.withdrawn,
            )
            changed_at = claim.ended_at or claim.missing_at or claim.since_at
            yield Change(f"announce:{first}", event, changed_at)

    def withdrawal(self, output_id: str, at: datetime) -> Iterator[Message]:
        """Withdraw all claims."""
        return self._replace(notes=(), missing=()).messages(output_id, self, at)
