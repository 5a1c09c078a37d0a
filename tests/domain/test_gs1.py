"""One thing has one id, whatever form its sender or its sender's scanner gives it."""

import pytest

from groupage.domain.gs1 import canonical_id, digital_link, identify, is_plainly_canonical

SSCC = "106141412345678908"
SGTIN = "https://id.gs1.org/01/09506000134352/21/A%2FB&1"
SGLN = "https://id.gs1.org/414/9506000134352"
FORMS_OF_AN_SSCC = [
    SSCC,
    f"00{SSCC}",
    f"(00){SSCC}",
    f"(00) {SSCC}",
    f"(00){SSCC}(37)10",
    f"]C100{SSCC}",
    f"]C1\x1d00{SSCC}",
    f"]C100{SSCC}\x1d",
    f"]C100{SSCC}3710",
    f"]C100{SSCC}\x1d3710",
    f"]C1(00){SSCC}",
    f"]d200{SSCC}",
    f"]d2020950600013435237{10}\x1d00{SSCC}",
    f"]Q300{SSCC}",
    f"]e000{SSCC}",
    f"]C000{SSCC}",
    f"\x1d00{SSCC}",
    f"00{SSCC}\x1d",
    f"{SSCC}\r\n",
    f"\ufeff{SSCC}\x04",
    f"00{SSCC}3710",
    "urn:epc:id:sscc:0614141.1234567890",
    "URN:EPC:ID:sscc:0614141.1234567890",
    f"https://id.gs1.org/00/{SSCC}",
    f"https://example.com/carton/00/{SSCC}?linkType=all",
    f"HTTPS://ID.GS1.ORG/00/{SSCC}",
    f"]Q1https://id.gs1.org/00/{SSCC}",
]


@pytest.mark.parametrize("text", FORMS_OF_AN_SSCC)
def test_every_form_of_an_sscc_is_its_digits(text: str) -> None:
    """Scanners put a symbology identifier and FNC1 before and behind, or leave them out."""
    assert identify(text).scheme == "sscc"
    assert canonical_id(text) == SSCC


@pytest.mark.parametrize(
    ("text", "scheme", "expected"),
    [
        ("(01)09506000134352(21)A/B&1", "sgtin", SGTIN),
        ("(01)09506000134352(10)LOT(21)A/B&1", "sgtin", SGTIN),
        ("]d2010950600013435221A/B&1", "sgtin", SGTIN),
        ("]d2010950600013435210LOT\x1d21A/B&1\x1d11260101", "sgtin", SGTIN),
        ("\x1d010950600013435221A/B&1", "sgtin", SGTIN),
        ("https://id.gs1.org/01/09506000134352/21/A%2FB%261", "sgtin", SGTIN),
        ("https://id.gs1.org/01/9506000134352/21/A%2fB&1", "sgtin", SGTIN),
        ("http://example.com/01/09506000134352/22/V/10/LOT/21/A%2fB&1/", "sgtin", SGTIN),
        ("urn:epc:id:sgtin:9506000.013435.A%2FB%261", "sgtin", SGTIN),
        ("https://id.gs1.org/414/9506000134352/254/0", "sgln", SGLN),
        ("(414)9506000134352(254)0", "sgln", SGLN),
        ("]Q34149506000134352254X%1", "sgln", f"{SGLN}/254/X%251"),
        ("urn:epc:id:sgln:9506000.13435.0", "sgln", SGLN),
        ("]C1800309506000134352S1", "grai", "https://id.gs1.org/8003/09506000134352S1"),
        ("(8003)09506000134352S1", "grai", "https://id.gs1.org/8003/09506000134352S1"),
        ("]d280049506000AB/1\x1d", "giai", "https://id.gs1.org/8004/9506000AB%2F1"),
        ("https://id.gs1.org/8004/9506000AB%2f1", "giai", "https://id.gs1.org/8004/9506000AB%2F1"),
        ("urn:epc:id:bic:CSQU3054383", "bic", "CSQU3054383"),
        ("CSQU3054383\r", "bic", "CSQU3054383"),
    ],
)
def test_every_form_of_another_key_is_its_digital_link(
    text: str, scheme: str, expected: str
) -> None:
    """Element strings, links with other escapes and URNs name the same thing."""
    assert (identify(text).scheme, canonical_id(text)) == (scheme, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CN-1/0001", "CN-1/0001"),
        ("]C0CN-1/0001", "CN-1/0001"),
        ("010950600013435221AB", "010950600013435221AB"),
        ("80049506000", "80049506000"),
        (f"]C0(00){SSCC}", f"]C0(00){SSCC}"),
        (f"00{SSCC[:-1]}13710", f"00{SSCC[:-1]}13710"),
        ("(A)1", "(A)1"),
        ("(00)12345", "(00)12345"),
        ("]", "]"),
        ("https://[x/00/1", "https://[x/00/1"),
        ("https://id.gs1.org/00/12345", "https://id.gs1.org/00/12345"),
        ("https://id.gs1.org/8004/%ff", "https://id.gs1.org/8004/%ff"),
        ("urn:epc:id:sscc:1", "urn:epc:id:sscc:1"),
        ("urn:epc:idpat:sscc:*", "urn:epc:idpat:sscc:*"),
    ],
)
def test_a_text_of_another_form_is_its_own_id(text: str, expected: str) -> None:
    """Digits without a mark of GS1 stay their sender's; so do brackets printed on a plain label."""
    assert (identify(text).scheme, canonical_id(text)) == ("other", expected)


def test_the_canonical_form_is_its_own_canonical_form() -> None:
    """And a glance tells so for the forms that most records have."""
    for text in (*FORMS_OF_AN_SSCC, SGTIN, SGLN, "]C0CN-1", "CSQU3054383", f"]C0(00){SSCC}"):
        assert canonical_id(canonical_id(text)) == canonical_id(text)
    for text in FORMS_OF_AN_SSCC[1:]:
        assert not text.isprintable() or not is_plainly_canonical(text), text
    assert is_plainly_canonical(SSCC)
    assert is_plainly_canonical("012345678901234567")
    assert is_plainly_canonical("CN-1/0001")
    assert digital_link(f"(00){SSCC}") == f"https://id.gs1.org/00/{SSCC}"
