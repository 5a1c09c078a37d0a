"""Events with the hashes that GS1's reference implementation gives them.

By the rules of its development version (epcis-event-hash-generator, commits 084b0034 and cf6d2f0d),
each event in a process of its own; `python -m tests.producers.epcis_reference` computes them again.
"""

from typing import Any

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"ex": "https://ex.example/epcis/"},
]


def _event(kind: str, **members: Any) -> dict[str, Any]:
    base = {"eventTime": "2026-03-01T08:00:00.5+08:00", "eventTimeZoneOffset": "+08:00"}
    action = {} if kind == "TransformationEvent" else {"action": "OBSERVE"}
    return {"type": kind} | base | action | members


EVENTS: dict[str, dict[str, Any]] = {
    "SSCCs in two spellings": _event(
        "ObjectEvent",
        recordTime="2026-03-01T00:00:01Z",
        eventID="urn:uuid:6d0f5c1e-9f0a-4a4f-a4f3-0a6a0a1f9c11",
        epcList=[
            "urn:epc:id:sscc:0614141.1234567890",
            "https://shop.example/00/106141412345678915?linkType=gs1:pip",
        ],
        bizStep="receiving",
        disposition="urn:epcglobal:cbv:disp:in_progress",
        readPoint={"id": "urn:epc:id:sgln:4012345.00005.0"},
        bizLocation={"id": "https://id.gs1.org/gln/4012345000054"},
    ),
    "classes and quantities": _event(
        "ObjectEvent",
        quantityList=[
            {"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 200.0},
            {"epcClass": "urn:epc:idpat:sgtin:4012345.066666.*", "quantity": 0.50, "uom": "KGM"},
        ],
        bizStep="https://ref.gs1.org/cbv/BizStep-inspecting",
    ),
    "packing": _event(
        "AggregationEvent",
        action="ADD",
        parentID="urn:epc:id:grai:4012345.55555.987",
        childEPCs=["urn:epc:id:sgtin:4012345.077889.25", "urn:epc:id:sgtin:4012345.077889.26"],
        bizStep="packing",
        persistentDisposition={"set": ["completeness_verified"], "unset": ["recalled"]},
    ),
    "transactions, sources, destinations": _event(
        "TransactionEvent",
        bizTransactionList=[
            {"type": "po", "bizTransaction": "urn:epc:id:gdti:0614141.06012.1234"},
            {"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:4012345000009:ASN1099"},
        ],
        epcList=["urn:epc:id:giai:4000001.111"],
        sourceList=[{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00225"}],
        destinationList=[{"type": "location", "destination": "urn:epc:id:sgln:0614141.00777.5"}],
    ),
    "master data and extensions": _event(
        "TransformationEvent",
        inputEPCList=["urn:epc:id:sgtin:4012345.011122.25"],
        outputQuantityList=[{"epcClass": "https://id.gs1.org/01/9521321000012/10/LOT-7"}],
        transformationID="urn:epc:id:gdti:0614141.12345.400",
        ilmd={"ex:lotNumber": "LOTABC", "ex:nested": {"ex:b": "2.50", "ex:a": ["y", "x"]}},
        **{"ex:note": "  trimmed ", "ex:count": 7, "ex:link": "urn:epc:id:giai:4012345.ABC"},
    ),
    "sensors": _event(
        "ObjectEvent",
        epcList=["urn:epc:id:sgtin:4012345.011111.9876"],
        sensorElementList=[
            {
                "sensorMetadata": {
                    "time": "2026-03-01T07:59:00+08:00",
                    "deviceID": "urn:epc:id:giai:4000001.111",
                    "ex:firmware": "4.10",
                },
                "sensorReport": [
                    {"type": "Temperature", "value": 26.0, "uom": "CEL", "sDev": 0.1},
                    {"type": "Length", "component": "x", "value": 1.2, "uom": "MTR"},
                    {"type": "Dimensionless", "exception": "ALARM_CONDITION", "ex:raw": "7"},
                ],
                "ex:batch": "B-1",
            }
        ],
    ),
    "certification": _event(
        "AssociationEvent",
        action="ADD",
        certificationInfo="https://accreditation.example/certificate/ABC12345",
        parentID="urn:epc:id:grai:4012345.55555.987",
        childEPCs=["urn:epc:id:giai:4000001.12345"],
    ),
    "every scheme": _event(
        "ObjectEvent",
        epcList=[
            "urn:epc:id:gsrn:0614141.0000010253",
            "urn:epc:id:gsrnp:0614141.0000010253",
            "urn:epc:id:cpi:0614141.123ABC.123456789",
            "urn:epc:id:sgcn:4012345.67890.04711",
            "urn:epc:id:ginc:0614141.xyz3311cba",
            "urn:epc:id:gsin:0614141.123456789",
            "urn:epc:id:itip:4012345.012345.01.02.987",
            "urn:epc:id:upui:1234567.089456.51qIgY)%3C%26Jp3*j7'SDB",
            "urn:epc:id:pgln:4012345.00225",
            "urn:epc:id:sgtin:4012345.011111.a%2Fb!c",
            "urn:epc:id:bic:CSQU3054383",
            "urn:uuid:00000000-0000-0000-0000-000000000001",
        ],
    ),
    "classes of every scheme": _event(
        "ObjectEvent",
        quantityList=[
            {"epcClass": "urn:epc:idpat:grai:4012345.55555.*"},
            {"epcClass": "urn:epc:idpat:gdti:4012345.44444.*"},
            {"epcClass": "urn:epc:idpat:sgcn:4012345.67890.*"},
            {"epcClass": "urn:epc:idpat:cpi:4012345.XYZ.*"},
            {"epcClass": "urn:epc:idpat:itip:4012345.012345.01.02.*"},
            {"epcClass": "urn:epc:class:lgtin:4012345.012345.%2FA"},
        ],
    ),
    "times of more than milliseconds": _event(
        "ObjectEvent",
        eventTime="2026-03-01T08:00:03.1415+08:00",
        epcList=["urn:epc:id:sscc:0614141.1234567890"],
        sensorElementList=[
            {
                "sensorMetadata": {
                    "startTime": "2026-03-01T07:00:00.1007+08:00",
                    "endTime": "2026-03-01T07:30:00.12345+08:00",
                },
                "sensorReport": [{"type": "Temperature", "minValue": -4.50, "uom": "CEL"}],
            }
        ],
    ),
    "words of every vocabulary": _event(
        "AssociationEvent",
        action="DELETE",
        parentID="https://id.gs1.org/8004/4000001111",
        childEPCs=["urn:epc:id:giai:4000001.12345"],
        bizStep="urn:epcglobal:cbv:bizstep:disassembling",
        disposition="container_open",
        bizTransactionList=[{"type": "bol", "bizTransaction": "https://bol.example/1"}],
        sourceList=[{"type": "possessing_party", "source": "urn:epc:id:pgln:4012345.00225"}],
        destinationList=[
            {"type": "urn:epcglobal:cbv:sdt:owning_party", "destination": "urn:uuid:1"}
        ],
        readPoint={"id": "geo:50.94,6.92"},
    ),
    "parent of a transaction": _event(
        "TransactionEvent",
        action="ADD",
        bizTransactionList=[{"type": "bol", "bizTransaction": "https://bol.example/1"}],
        parentID="urn:epc:id:sscc:0614141.1234567890",
        epcList=["urn:epc:id:sgtin:4012345.077889.26", "urn:epc:id:sgtin:4012345.077889.25"],
    ),
    "extensions of every element": _event(
        "ObjectEvent",
        epcList=["urn:epc:id:sgtin:4012345.011111.9876"],
        readPoint={"id": "urn:epc:id:sgln:4012345.00005.0", "ex:gate": "04"},
        bizLocation={
            "id": "https://id.gs1.org/414/4012345000054",
            "ex:hall": {"ex:row": ["b", "a"]},
        },
        sensorElementList=[
            {
                "sensorMetadata": {"time": "2026-03-01T08:02:00+08:00", "ex:probe": "B"},
                "sensorReport": [
                    {"type": "Temperature", "value": 7, "ex:raw": "q"},
                    {"type": "Temperature", "value": 26, "ex:raw": "a"},
                    {"type": "Speed", "component": "z", "value": 3, "ex:raw": "m"},
                ],
            },
            {
                "sensorMetadata": {"time": "2026-03-01T08:01:00+08:00", "ex:probe": "A"},
                "sensorReport": [{"type": "Mass", "booleanValue": False, "uom": "KGM"}],
                "ex:batch": True,
            },
        ],
        ilmd={"cbvmda:lotNumber": "007"},
        **{"ex:shift": "night"},
    ),
    "compact IRIs in values": _event(
        "ObjectEvent",
        epcList=["ex:carton-7"],
        bizStep="cbv:BizStep-receiving",
        disposition="ex:wet",
        sensorElementList=[{"sensorReport": [{"type": "gs1:Temperature", "value": "+26.10"}]}],
        **{"ex:where": "ex:D4", "ex:kind": "gs1:Product", "gs1:netWeight": "12345678901234567.50"},
    ),
    "error declaration": _event(
        "ObjectEvent",
        epcList=["urn:epc:id:sscc:0614141.1234567890"],
        errorDeclaration={
            "declarationTime": "2026-03-02T08:00:00+08:00",
            "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:uuid:00000000-0000-0000-0000-000000000002"],
        },
    ),
}
DIGESTS = {
    "SSCCs in two spellings": "c591b99710bcdc2ec91d555295e71701f511e15c39f172e10bc614009b88bb3c",
    "classes and quantities": "4f2a154ba6b03c561fe6dbf6dd00194f9adb98cda4b17f572deb79aaac3c91a6",
    "packing": "a6c877484b02bb9e2ea850fb555809266928dfca45b5f945f35fb3c257acc377",
    "transactions, sources, destinations": (
        "256d9948e4a06f092120659d72982eea765d7a522bdc5d96c2459db950798b95"
    ),
    "master data and extensions": (
        "a5f19507b1249a4bb661c508049a233283378e3e50fd44c0247db6edaae56c71"
    ),
    "sensors": "19906c51156fe9350829d0908162262dc0139275a2cbef4141dde2cb346efca3",
    "certification": "23ff54fa178278f2d0bad9a69a6fb9023983c6f096250225bcf2b66999ae38a6",
    "every scheme": "ec0ed37b5b0fe044a4070cffc689efe3b1968dafb122b5fc69683ef428b31dfa",
    "classes of every scheme": "2302c5c2bd729b7ac3518b9f38785f93094a9d0fdc67b1d005e6b593baad9e75",
    "times of more than milliseconds": (
        "ea4ff8a3717fecef5d3b78044f12f6cfdcf6bf20652d069b41c8f9a20410693f"
    ),
    "words of every vocabulary": "f14fe77188c8d0364f5e8f7e2c69a30eba3b2c5388a36b867cbac37de82b40ec",
    "parent of a transaction": "091dbc2ab39c06e82bbdff66cc814fe8cd1131d1a6eb300856dfa0bc542927cc",
    "extensions of every element": (
        "637fea0a0432f089551564ca3b270e38ce4deeaad9af3b298dfe3178f0a2beb7"
    ),
    "compact IRIs in values": "2a6cf6eb432d7f3dfded1a1a66a39714fbfafd61ddc6d002abb73257086e79f2",
    "error declaration": "2d4a658402128aa25bb251a87ae4fae7ca5b9feed70c4b6a26dae09f5981fec8",
}
"""SHA-256 in hex, by event."""
