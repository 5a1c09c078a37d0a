"""How processes connect to Kafka: accounts, certificates, and what is wrong with half of them."""

from pathlib import Path

import pytest

from groupage.app.commands.doctor_hub import check_hub
from groupage.app.commands.errors import explain_error
from groupage.domain.errors import Misconfigured
from groupage.settings import DatabaseSettings, KafkaSettings, LocalSettings

ACCOUNT = {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_USERNAME": "hub", "SASL_PASSWORD": "s3cret"}


@pytest.fixture(autouse=True)
def broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker off loopback."""
    monkeypatch.setenv("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS", "broker:9093")


def set_variables(monkeypatch: pytest.MonkeyPatch, **values: object) -> None:
    """Set ``GROUPAGE_KAFKA_*``."""
    for name, value in values.items():
        monkeypatch.setenv(f"GROUPAGE_KAFKA_{name}", str(value))


def error_of_settings() -> str:
    """Return what the command line prints about the settings."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its text is what is tested
        KafkaSettings()
    text = explain_error(caught.value)
    assert text is not None
    return text


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"SECURITY_PROTOCOL": "SASL_SSL"}, "SASL_USERNAME, and GROUPAGE_KAFKA_SASL_PASSWORD"),
        ({"SECURITY_PROTOCOL": "SASL_SSL", "SASL_USERNAME": "hub"}, "SASL_PASSWORD_FILE"),
        ({"SECURITY_PROTOCOL": "SASL_PLAINTEXT", "SASL_PASSWORD": "s3cret"}, "SASL_USERNAME"),
        ({"SASL_USERNAME": "hub"}, "SASL_USERNAME is set, but GROUPAGE_KAFKA_SECURITY_PROTOCOL is"),
        ({"SASL_PASSWORD": "s3cret"}, "SASL_PASSWORD is set"),
        ({"SECURITY_PROTOCOL": "SSL", "SASL_PASSWORD_FILE": __file__}, "SASL_PASSWORD_FILE is set"),
        (ACCOUNT | {"SASL_PASSWORD_FILE": __file__}, "not both"),
        (
            {"CA_FILE": __file__},
            "CA_FILE is set, but GROUPAGE_KAFKA_SECURITY_PROTOCOL is PLAINTEXT",
        ),
        (ACCOUNT | {"SECURITY_PROTOCOL": "SASL_PLAINTEXT", "CERT_FILE": __file__}, "CERT_FILE is"),
        ({"SECURITY_PROTOCOL": "SSL", "KEY_FILE": __file__}, "KEY_FILE needs"),
        ({"SECURITY_PROTOCOL": "SASL_TLS"}, "SECURITY_PROTOCOL: Input should be 'PLAINTEXT'"),
        ({"SASL_MECHANISM": "GSSAPI"}, "SASL_MECHANISM: Input should be 'PLAIN'"),
        ({"SECURITY_PROTOCOL": "SSL", "CA_FILE": "/nowhere.pem"}, "CA_FILE: Path does not point"),
    ],
)
def test_half_an_account_or_a_certificate_is_refused_by_name(
    values: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the variable and never a password."""
    set_variables(monkeypatch, **values)
    text = error_of_settings()
    assert f"GROUPAGE_KAFKA_{named}" in text or named in text
    assert "GROUPAGE_KAFKA_" in text
    assert "s3cret" not in text


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"CA_FILE": "{file}"}, "GROUPAGE_KAFKA_CA_FILE: {file} has no certificates"),
        ({"CERT_FILE": "{file}"}, "GROUPAGE_KAFKA_CERT_FILE, GROUPAGE_KAFKA_KEY_FILE: {file} and"),
        (
            {"SASL_PASSWORD": "", "SASL_PASSWORD_FILE": "{empty}"},
            "GROUPAGE_KAFKA_SASL_PASSWORD_FILE: {empty} is empty",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_named_before_the_first_connection(
    values: dict[str, str], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process ends at its start, with the variable and the file."""
    files = {"file": tmp_path / "not.pem", "empty": tmp_path / "empty"}
    files["file"].write_text("no certificate", encoding="utf-8")
    files["empty"].write_text("\n", encoding="utf-8")
    chosen = ACCOUNT | {name: value.format(**files) for name, value in values.items()}
    set_variables(monkeypatch, **chosen)
    with pytest.raises(Misconfigured) as caught:
        KafkaSettings()
    assert str(caught.value).startswith(named.format(**files))


def test_a_secured_kafka_gets_its_credentials_and_shows_them_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The client's arguments hold the password, the settings' text does not."""
    set_variables(monkeypatch, **ACCOUNT)
    settings = KafkaSettings()
    kwargs = settings.client_kwargs()
    assert kwargs["sasl_plain_password"] == "s3cret"
    assert kwargs["sasl_mechanism"] == "SCRAM-SHA-512"
    assert kwargs["ssl_context"].check_hostname
    assert "s3cret" not in repr(settings)
    monkeypatch.setenv("GROUPAGE_DATABASE_URL", "postgresql://hub:s3cret@db/hub")
    assert "s3cret" not in repr(DatabaseSettings())


def test_the_password_may_be_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the line break at its end; a child process gets the file's name, not the password."""
    file = tmp_path / "password"
    file.write_text("s3cret\n", encoding="utf-8")
    set_variables(monkeypatch, **ACCOUNT | {"SASL_PASSWORD": "", "SASL_PASSWORD_FILE": str(file)})
    settings = KafkaSettings()
    assert settings.client_kwargs()["sasl_plain_password"] == "s3cret"
    variables = settings.child_environment()
    assert variables["GROUPAGE_KAFKA_SASL_PASSWORD_FILE"] == str(file)
    assert "s3cret" not in str(variables)


@pytest.mark.parametrize("servers", ["broker", "broker:", ":9092", "broker:abc", "a:1,,b:2"])
def test_addresses_of_kafka_have_ports(servers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise Kafka's client would fail later, with an error that names no variable."""
    monkeypatch.setenv("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS", servers)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its text is what is tested
        KafkaSettings()
    text = explain_error(caught.value)
    assert text == (
        "GROUPAGE_KAFKA_BOOTSTRAP_SERVERS: expected host:port, several separated by commas"
    )


@pytest.mark.parametrize("servers", ["127.0.0.1:9092", "a:1, b:2", "[::1]:9092"])
def test_addresses_of_kafka(servers: str) -> None:
    """A host or several, by name or by IP address."""
    assert KafkaSettings(bootstrap_servers=servers).bootstrap_servers == servers


@pytest.mark.parametrize("wrong", [{"SASL_USERNAME": "hub"}, ACCOUNT | {"CA_FILE": __file__}])
def test_doctor_says_what_is_wrong_with_the_settings(
    wrong: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half an account does not count as no Kafka at all."""
    set_variables(monkeypatch, **wrong)
    findings = check_hub(LocalSettings(data_dir=tmp_path))
    (topics,) = (finding for finding in findings if finding.name == "topics")
    assert topics.state == "problem"
    assert "GROUPAGE_KAFKA_" in topics.todo
