"""Addresses of receivers: which are read, and which the setting allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from groupage.app.subscriptions.destination import (
    HostNotAllowed,
    read_destination,
    require_allowed,
)
from groupage.contracts.body_signature import body_signature, is_body_signed
from groupage.domain.errors import InvalidInput
from groupage.settings import SubscriptionSettings


def allows(hosts: str, url: str) -> bool:
    """Whether the setting allows the address."""
    try:
        require_allowed(read_destination(url), SubscriptionSettings(hosts=hosts).allowed_hosts)
    except HostNotAllowed:
        return False
    return True


@pytest.mark.parametrize(
    "url",
    [
        "ftp://wms.example/x",
        "https://user:secret@wms.example/x",
        "https://wms.example@evil.example/x",
        "https://wms.example/x#part",
        "https://wms.example\\@evil.example/",
        "https://wms.example /x",
        "https://wms.example/x\n",
        "https://wms.example:0/",
        "https://wms.example:65536/",
        "https://wms.example:/",
        "https://",
        "https:///x",
        "//wms.example/x",
        "https://wüms.example/x",
        "https://wms.example/" + "x" * 2_000,
        "",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    """The message does not repeat the address, which may hold a password."""
    with pytest.raises(InvalidInput, match="absolute URL") as caught:
        read_destination(url)
    assert "secret" not in str(caught.value)


def test_an_address_is_read_and_shown() -> None:
    """Without its query, where receivers keep secrets."""
    destination = read_destination("HTTPS://WMS.example:8443/a%20b?token=secret")
    assert destination == ("https", "wms.example", 8443, "/a%20b?token=secret")
    assert destination.shown == "https://wms.example:8443/a%20b?..."
    assert read_destination("http://wms.example:80").shown == "http://wms.example/"
    assert read_destination("http://[::1]:8080/x").authority == "[::1]:8080"


@pytest.mark.parametrize(
    ("hosts", "url", "allowed"),
    [
        ("", "https://wms.example/", False),
        ("wms.example", "https://wms.example/x", True),
        ("WMS.example", "https://wms.EXAMPLE/x", True),
        ("wms.example", "http://wms.example/x", True),
        ("wms.example", "https://wms.example:8443/x", False),
        ("wms.example:8443", "https://wms.example:8443/x", True),
        ("wms.example:8443", "https://wms.example/x", False),
        ("wms.example", "https://a.wms.example/x", False),
        ("wms.example", "https://wms.example.evil.example/x", False),
        ("a.example, wms.example", "https://wms.example/x", True),
        ("10.1.2.3", "https://10.1.2.3/x", True),
        ("10.1.2.3", "https://10.1.2.4/x", False),
        ("[::1]:9000", "http://[::1]:9000/", True),
        ("localhost:9000=127.0.0.0/8", "http://localhost:9000/", True),
    ],
)
def test_only_hosts_of_the_setting_are_allowed(hosts: str, url: str, *, allowed: bool) -> None:
    """By their whole name and their port."""
    assert allows(hosts, url) == allowed


def test_the_error_names_the_setting() -> None:
    """An integrator must know whom to ask for what."""
    with pytest.raises(
        HostNotAllowed, match=r"GROUPAGE_SUBSCRIPTION_HOSTS .* a\.example: .* empty"
    ):
        require_allowed(read_destination("https://a.example/x"), ())


@pytest.mark.parametrize(
    ("hosts", "address", "admitted"),
    [
        ("wms.example", "93.184.215.14", True),
        ("wms.example", "127.0.0.1", False),
        ("wms.example", "10.1.2.3", False),
        ("wms.example", "169.254.169.254", False),
        ("wms.example", "100.64.0.1", False),
        ("wms.example", "0.0.0.0", False),  # noqa: S104 - an address to refuse
        ("wms.example", "224.0.0.1", False),
        ("wms.example", "::1", False),
        ("wms.example", "fe80::1%eth0", False),
        ("wms.example", "::ffff:127.0.0.1", False),
        ("wms.example", "64:ff9b::7f00:1", False),
        ("wms.example", "2002:7f00:1::", False),
        ("wms.example", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("wms.example=10.1.0.0/16", "10.1.2.3", True),
        ("wms.example=10.1.0.0/16", "10.2.2.3", False),
        ("wms.example=10.1.0.0/16", "93.184.215.14", False),
        ("wms.example=10.1.0.0/16", "::ffff:10.1.2.3", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("[::1]", "::1", True),
    ],
)
def test_a_name_leads_where_the_setting_lets_it(
    hosts: str, address: str, *, admitted: bool
) -> None:
    """A name without a network leads to the public internet only."""
    (entry,) = SubscriptionSettings(hosts=hosts).allowed_hosts
    assert entry.admits_address(address) == admitted


@pytest.mark.parametrize(
    "hosts",
    [
        "https://wms.example",
        "wms.example/x",
        "wms.example:99999",
        "a b",
        "a,,b",
        "*",
        "[::g]",
        "-a",
    ],
)
def test_a_wrong_setting_is_refused(hosts: str) -> None:
    """At the start of the process, with what is right."""
    for wrong in (hosts, f"a.example,{hosts}", "a.example=10.1.0.0/99", "a.example=b"):
        with pytest.raises(ValidationError, match="expected HOST"):
            SubscriptionSettings(hosts=wrong)


@given(st.text() | st.from_regex(r"\Ahttps?://[^/]{0,20}/?.{0,20}\Z"), st.text(max_size=40))
def test_any_text_is_read_or_refused(url: str, hosts: str) -> None:
    """Nothing else is raised than what becomes an answer or a message."""
    try:
        destination = read_destination(url)
        assert destination.authority.isascii()
        assert "@" not in destination.authority
    except InvalidInput:
        pass
    try:
        SubscriptionSettings(hosts=hosts)
    except ValidationError as error:
        assert "expected HOST" in str(error)  # noqa: PT017 - most texts are refused


def test_a_body_is_signed_with_a_secret() -> None:
    """As RFC 4231 has it in its second case."""
    signature = body_signature(b"Jefe", b"what do ya want for nothing?")
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert signature == f"sha256={expected}"
    assert is_body_signed(signature.upper(), b"what do ya want for nothing?", [b"x", b"Jefe"])
    assert not is_body_signed(signature, b"what do ya want for nothing!", [b"Jefe"])
    assert not is_body_signed("sha256=zz", b"", [b"Jefe"])
