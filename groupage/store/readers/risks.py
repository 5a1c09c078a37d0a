"""Cut-offs of consolidations that are at risk or missed: what is missing, and whose it is."""

from collections.abc import Sequence

import msgspec

from groupage.domain.cutoff_lacks import lacks_of, terminal_cutoff
from groupage.domain.state.consolidation import ConsolidationState, CutoffWatch
from groupage.store.pool import Connection
from groupage.store.readers.views import (
    AlertView,
    ConsolidationView,
    CutoffRisk,
    Missing,
    WaitingConsignment,
)
from groupage.store.state_codec import unpack

_CUTOFF_ALERTS = "cutoff_"


async def read_risks(
    connection: Connection, consolidation_ids: Sequence[str]
) -> dict[str, tuple[CutoffRisk, ...]]:
    """Read the cut-offs at risk or missed of these consolidations, the nearest first."""
    if not consolidation_ids:
        return {}
    rows = await connection.fetch(
        "select key, body from consolidation where key = any($1)", list(consolidation_ids)
    )
    states = {
        row["key"]: msgspec.json.decode(unpack(row["body"]), type=ConsolidationState)
        for row in rows
    }
    members = {name for state in states.values() for name in state.member_ids}
    shippers = await connection.fetch(
        "select key, shipper from consignment where key = any($1)", sorted(members)
    )
    shipper_of = {row["key"]: row["shipper"] for row in shippers}
    return {key: _risks(state, shipper_of) for key, state in states.items()}


async def with_risks(
    connection: Connection, consolidations: Sequence[ConsolidationView]
) -> tuple[ConsolidationView, ...]:
    """Add their risks to those that are at risk."""
    risks = await read_risks(
        connection, [each.consolidation_id for each in consolidations if each.at_risk]
    )
    return tuple(
        msgspec.structs.replace(each, risks=risks.get(each.consolidation_id, ()))
        for each in consolidations
    )


async def with_shippers(
    connection: Connection, alerts: Sequence[AlertView]
) -> tuple[AlertView, ...]:
    """Add the shippers of the consignments for which the open alerts about cut-offs wait."""
    waiting = [
        each
        for each in alerts
        if each.about_kind == "consolidation"
        and each.code.startswith(_CUTOFF_ALERTS)
        and each.cleared_at is None
    ]
    risks = await read_risks(connection, sorted({each.about for each in waiting}))
    shippers = {
        (about, _CUTOFF_ALERTS + risk.code): tuple(
            dict.fromkeys(
                each.shipper for lack in risk.missing for each in lack.consignments if each.shipper
            )
        )
        for about, of_consolidation in risks.items()
        for risk in of_consolidation
    }
    return tuple(
        msgspec.structs.replace(each, shippers=shippers.get((each.about, each.code), ()))
        for each in alerts
    )


def _risks(state: ConsolidationState, shipper_of: dict[str, str]) -> tuple[CutoffRisk, ...]:
    risks = [
        _risk(state, code, watched, shipper_of)
        for code, watched in state.cutoffs.items()
        if watched.state in ("at_risk", "missed")
    ]
    return tuple(sorted(risks, key=lambda risk: (risk.due_at, risk.code)))


def _risk(
    state: ConsolidationState, code: str, watched: CutoffWatch, shipper_of: dict[str, str]
) -> CutoffRisk:
    terminal = terminal_cutoff(state, code)
    return CutoffRisk(
        code=code,
        due_at=watched.due_at,
        state=watched.state,
        missing=tuple(
            Missing(
                what=lack.what,
                consignments=tuple(
                    WaitingConsignment(consignment_id=name, shipper=shipper_of.get(name, ""))
                    for name in lack.consignment_ids
                ),
            )
            for lack in lacks_of(state, code)
        ),
        terminal_code=terminal.code if terminal else "",
        terminal_due_at=terminal.due_at if terminal else None,
    )
