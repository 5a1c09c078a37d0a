"""The guard of every listener: Host, Origin and token, on a real socket."""

import asyncio

import pytest
from pydantic import SecretStr, ValidationError

from groupage.settings import (
    ApiSettings,
    GatewaySettings,
    KafkaSettings,
    TelemetrySettings,
    bearer_headers,
)
from tests.serving.conftest import Serve

TOKEN = "f00dfeed0123456789ab"
OTHER_TOKEN = "0123456789abcafebabe"


async def test_names_of_the_listener_are_served(serve: Serve) -> None:
    """Loopback by its names, and what GROUPAGE_HTTP_HOSTS adds; the port does not matter."""
    served = await serve(also="hub.example.com,board.example.com")
    for host in (
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:1",
        "localhost",
        "LOCALHOST:80",
        "[::1]:8080",
        "hub.example.com",
        "Board.example.com:443",
        "LOCALHOST:80",  # from memory
    ):
        assert (await served.get("/", f"Host: {host}")).status == 200, host


async def test_the_address_of_the_socket_is_served(serve: Serve) -> None:
    """A listener on all addresses is called by any of them; a wildcard is not a name."""
    served = await serve(host="0.0.0.0")  # noqa: S104 - that is the test
    assert (await served.get("/", "Host: 127.0.0.1")).status == 200
    assert (await served.get("/", "Host: 0.0.0.0")).status == 421
    assert (await served.get("/", "Host: 192.0.2.7")).status == 421


OTHER_HOSTS = (
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example:80",
    "evil.example#127.0.0.1",
    "user@127.0.0.1",
    "127.0.0.1@evil.example",
    "127.0.0.1, evil.example",
    "127.0.0.1:80:80",
    "[::1",
    "[::1]evil.example",
    "2130706433",
    "0x7f.1",
    "\xb2localhost",
    "",
    ":80",
)


async def test_other_hosts_are_refused(serve: Serve) -> None:
    """421, with the Host and the setting; also for a probe."""
    served = await serve()
    for host in OTHER_HOSTS:
        for path in ("/", "/healthz", "/nowhere"):
            answer = await served.get(path, f"Host: {host}")
            assert answer.status == 421, host
            assert answer.problem["type"] == "urn:groupage:problem:wrong_host"
            assert "GROUPAGE_HTTP_HOSTS" in answer.problem["detail"]
    assert set(served.refusals) == {"host"}


async def test_a_request_has_one_host(serve: Serve) -> None:
    """RFC 9112, section 3.2: 400 for none and for two."""
    served = await serve()
    for lines, found in (
        (("X: y",), "none"),
        (("Host: 127.0.0.1", "Host: 127.0.0.1"), "2"),
        (("Host: 127.0.0.1", "hOST: evil.example"), "2"),
    ):
        answer = await served.get("/", *lines)
        assert answer.status == 400
        assert answer.problem["detail"].endswith(f"this one has {found}")


async def test_the_target_of_a_proxy_request_counts(serve: Serve) -> None:
    """RFC 9112, section 3.2.2: ``GET http://host/`` names the host, whatever Host says."""
    served = await serve()
    right = "Host: 127.0.0.1"
    assert (await served.get("http://evil.example/", right)).status == 421
    assert (await served.get("http://evil.example:80/?x=http://127.0.0.1/", right)).status == 421
    assert (await served.get("http://127.0.0.1:1/", "Host: evil.example")).status == 200
    assert (await served.get("http://[::1]:1/", right)).status == 200
    assert (await served.get("http://evil.example/", right, right)).status == 400


ORIGINS = {
    "http://127.0.0.1:3000": 200,
    "http://localhost": 200,
    "https://hub.example.com": 200,
    "http://evil.example": 403,
    "https://localhost.evil.example": 403,
    "http://127.0.0.1@evil.example": 403,
    "http://evil.example/127.0.0.1": 403,
    "http://127.0.0.1 http://evil.example": 403,
    "http://[": 403,
    "null": 403,
    "": 403,
}


async def test_a_page_of_another_site_may_not_write(serve: Serve) -> None:
    """Browsers add Origin; what it may read, they decide themselves."""
    served = await serve(also="hub.example.com")
    for origin, status in ORIGINS.items():
        lines = ("Host: 127.0.0.1", f"Origin: {origin}", "Content-Length: 0")
        answer = await served.get("/", *lines, method="POST")
        assert answer.status == status, origin
        if status == 403:
            assert answer.problem["type"] == "urn:groupage:problem:foreign_origin"
        assert (await served.get("/", *lines)).status == 200, origin
    assert served.refusals == ["origin"] * list(ORIGINS.values()).count(403)


async def test_two_origins_are_foreign(serve: Serve) -> None:
    """No browser sends two."""
    own = "Origin: http://127.0.0.1"
    answer = await (await serve()).get("/", "Host: 127.0.0.1", own, own, method="POST")
    assert answer.status == 403


async def test_each_token_opens(serve: Serve) -> None:
    """During a rotation two are right; the scheme's case does not matter."""
    served = await serve(token=f"{TOKEN}, {OTHER_TOKEN}")
    for right in (TOKEN, OTHER_TOKEN):
        for scheme in ("Bearer", "bearer", "BEARER "):
            line = f"Authorization: {scheme} {right}"
            assert (await served.get("/", "Host: localhost", line)).status == 200, line


WRONG_CREDENTIALS: tuple[tuple[str, ...], ...] = (
    (),
    ("Authorization:",),
    ("Authorization: Bearer",),
    ("Authorization: Bearer ",),
    (f"Authorization: Basic {TOKEN}",),
    (f"Authorization: {TOKEN}",),
    (f"Authorization: Bearer {TOKEN[:-1]}",),
    (f"Authorization: Bearer {TOKEN}x",),
    (f"Authorization: Bearer {TOKEN.upper()}",),
    (f"Authorization: Bearer {TOKEN},{OTHER_TOKEN}",),
    (f"Authorization: Bearer {TOKEN} {OTHER_TOKEN}",),
    ("Authorization: Bearer \xff",),
    (f"Authorization: Bearer {TOKEN}", "Authorization: Bearer other"),
    (f"X-Authorization: Bearer {TOKEN}",),
)


async def test_without_a_right_token_nothing_but_the_probes_answers(serve: Serve) -> None:
    """401 at every path, also at one that does not exist; the answer does not hold the token."""
    served = await serve(token=f"{TOKEN},{OTHER_TOKEN}")
    for lines in WRONG_CREDENTIALS:
        for path in ("/", "/nowhere", "/healthz/", "//healthz", "/?/healthz"):
            answer = await served.get(path, "Host: localhost", *lines)
            assert answer.status == 401, (path, lines)
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "GROUPAGE_TEST_TOKEN" in answer.problem["detail"]
            assert TOKEN.encode() not in answer.body
        assert (await served.get("/healthz", "Host: localhost", *lines)).status == 200
    assert set(served.refusals) == {"token"}


async def test_a_host_is_checked_before_a_token(serve: Serve) -> None:
    """A page that reached loopback by DNS rebinding learns nothing about tokens."""
    served = await serve(token=TOKEN)
    answers = await asyncio.gather(
        served.get("/", "Host: evil.example", f"Authorization: Bearer {TOKEN}"),
        served.get("/", "Host: evil.example"),
    )
    assert [answer.status for answer in answers] == [421, 421]


# --- settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "192.0.2.7", "127.0.0.2", "127.1", "hub.example.com", "LOCALHOST", " "],  # noqa: S104
)
def test_beyond_loopback_nothing_starts_without_a_token(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each listener names its variables."""
    for name, settings in (
        ("GATEWAY", GatewaySettings),
        ("API", ApiSettings),
        ("METRICS", TelemetrySettings),
    ):
        monkeypatch.setenv(f"GROUPAGE_{name}_HOST", host)
        with pytest.raises(ValidationError, match=f"set GROUPAGE_{name}_TOKEN"):
            settings()
        monkeypatch.setenv(f"GROUPAGE_{name}_TOKEN", TOKEN)
        settings()
        monkeypatch.delenv(f"GROUPAGE_{name}_HOST")
        monkeypatch.delenv(f"GROUPAGE_{name}_TOKEN")
        settings()


@pytest.mark.parametrize(
    "token",
    [
        "x",
        " ",
        "a" * 40,
        "abcdefg" * 5,
        "short-but-colourful",
        "with a space in the middle of it",
        TOKEN + "\n",
        TOKEN + "é",
        f"{TOKEN},",
        f"{TOKEN},short",
        '"' + TOKEN + '"',
    ],
)
def test_tokens_that_are_too_simple_are_refused(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says how to make one, and does not repeat the token."""
    monkeypatch.setenv("GROUPAGE_API_TOKEN", token)
    with pytest.raises(ValidationError, match="openssl rand -hex 20") as refused:
        ApiSettings()
    assert token not in str(refused.value) or len(token) < 3


def test_a_client_presents_the_first_token() -> None:
    """The new one of a rotation."""
    assert bearer_headers(SecretStr(f"{TOKEN}, {OTHER_TOKEN}")) == {
        "Authorization": f"Bearer {TOKEN}"
    }
    assert bearer_headers(None) == {}


def test_tokens_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings are printed in errors and tracebacks."""
    for name in ("GATEWAY", "API", "METRICS"):
        monkeypatch.setenv(f"GROUPAGE_{name}_TOKEN", TOKEN)
    monkeypatch.setenv("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS", "localhost:9092")
    shown = repr((GatewaySettings(), ApiSettings(), TelemetrySettings(), KafkaSettings()))
    assert TOKEN not in shown


@pytest.mark.parametrize(
    "hosts", ["http://hub.example.com", "hub.example.com:80", "a,,b", "*", "a b"]
)
def test_names_have_no_scheme_and_no_port(hosts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what is right."""
    monkeypatch.setenv("GROUPAGE_HTTP_HOSTS", hosts)
    with pytest.raises(ValidationError, match=r"like hub\.example\.com"):
        TelemetrySettings()
