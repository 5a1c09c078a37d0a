"""Names of the codes that events carry, for schemas, errors, the command line and the docs.

Customs modes: General Administration of Customs of China. Cut-off codes: DCSA's reference data.
Incoterms: ICC, 2020. Methods of the VGM: SOLAS VI/2. Packing groups: IMDG Code 2.0.1.5. Sources:
docs/trade.md.
"""

from collections.abc import Iterable, Mapping

CUSTOMS_MODES = {
    "1039": "market procurement trade",
    "0110": "general trade",
    "9610": "cross-border e-commerce, parcels to consumers (B2C)",
    "9710": "cross-border e-commerce, exports to businesses (B2B)",
    "9810": "cross-border e-commerce, exports to a warehouse abroad",
    "1210": "bonded e-commerce",
}
CUTOFFS = {
    "LCO": "cargo at the hub",
    "DCO": "documents, the manifest among them",
    "VCO": "verified gross mass (VGM)",
    "CUA": "customs release",
    "DGC": "dangerous goods",
    "PCO": "container at the port",
    "FCO": "full containers at the terminal",
    "ECP": "pick-up of the empty container",
    "EFC": "earliest delivery of the full container",
    "AFC": "advance manifest filing",
}
HUB_CUTOFFS = ("LCO", "DCO", "VCO", "CUA", "PCO", "AFC")
"""Those that the hub watches."""
HOLD_TYPES = {
    "CUSTOMS": "customs stopped it",
    "DG": "dangerous goods are not cleared",
    "DAMAGE": "the cargo is damaged",
    "DOCS": "papers are missing or wrong",
    "CREDIT": "the shipper owes money",
    "MEASURE": "measured figures are disputed",
    "DISPATCHER": "a dispatcher stopped it",
}
INCOTERMS = {
    "EXW": "Ex Works",
    "FCA": "Free Carrier",
    "CPT": "Carriage Paid To",
    "CIP": "Carriage and Insurance Paid To",
    "DAP": "Delivered at Place",
    "DPU": "Delivered at Place Unloaded",
    "DDP": "Delivered Duty Paid",
    "FAS": "Free Alongside Ship",
    "FOB": "Free On Board",
    "CFR": "Cost and Freight",
    "CIF": "Cost, Insurance and Freight",
}
VGM_METHODS = {
    "SM1": "the packed container was weighed",
    "SM2": "cargo, dunnage and tare were added up",
}
PACKING_GROUPS = {
    "I": "great danger",
    "II": "medium danger",
    "III": "minor danger",
    "": "none is assigned",
}
CLASSIFIERS = {
    "ACT": "it happened",
    "EST": "an estimate",
    "PLN": "a plan",
    "REQ": "a request",
}
_CODES: tuple[Mapping[str, str], ...] = (
    CUSTOMS_MODES,
    CUTOFFS,
    HOLD_TYPES,
    INCOTERMS,
    VGM_METHODS,
    PACKING_GROUPS,
    CLASSIFIERS,
)
_WORDS: tuple[Mapping[str, str], ...] = (
    {"good": "", "damaged": "", "wet": "", "wrong_marks": ""},
    {
        "must_go": "leaving it out costs the plan five times as much",
        "preferred": "the usual",
        "filler": "goes where space is left",
    },
    {
        "short": "fewer pieces than announced",
        "over": "more pieces than announced",
        "damaged": "",
        "marks": "marks are wrong or missing",
        "unfit": "not fit for the voyage",
    },
    {
        "ship_short": "ship what is there",
        "wait": "wait for the rest",
        "accept_over": "ship the surplus, too",
    },
    {"SCAN": "a scan of the container", "INSPECTION": "the cargo is looked at"},
    {
        "SHIPPER": "the shipper put it on",
        "CARRIER": "the carrier",
        "CUSTOMS": "customs",
        "CONSOLIDATOR": "the hub",
    },
    {"fit": "", "unfit": "it takes no cargo"},
    {"VESSEL": "a ship", "RAIL": "a train", "TRUCK": "", "AIR": "an aircraft"},
    {"ARRIVED": "the ship arrives", "DEPARTED": "the ship departs"},
    {
        "LOADED": "onto a ship, train or truck",
        "DISCHARGED": "off a ship, train or truck",
        "GATED_IN": "into a terminal or yard",
        "GATED_OUT": "out of a terminal or yard",
        "PICKED_UP": "laden",
        "DROPPED_OFF": "",
        "CROSSED": "over a border",
    },
)
_BY_VALUES = {frozenset(names): names for names in (*_CODES, *_WORDS)}
_CODE_VALUES = frozenset(frozenset(names) for names in _CODES)


def names_of(values: Iterable[str]) -> Mapping[str, str]:
    """Return what each of an enumeration's values stands for; empty texts where the value says it.

    An enumeration without names, such as one of the hub's own messages, has none.
    """
    return _BY_VALUES.get(frozenset(values), {})


def spell_out(values: Iterable[str]) -> str:
    """``LCO (cargo at the hub), DCO (documents)``: codes with their names, words without."""
    listed = list(values)
    names = names_of(listed) if frozenset(listed) in _CODE_VALUES else {}
    return ", ".join(
        f"{value or repr('')} ({names[value]})" if names.get(value) else str(value)
        for value in listed
    )


def cutoff_legend() -> str:
    """``LCO cargo at the hub; DCO documents, …``: the cut-offs that the hub watches."""
    return "; ".join(f"{code} {CUTOFFS[code]}" for code in HUB_CUTOFFS)
