"""A real Kafka off loopback, as far as one machine can have it: TLS, SCRAM accounts, an authorizer.

Nobody may do anything that no rule allows. The super users are the administrator, who adds the
rules, and the broker's own controller connection.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from groupage.app.local.kafka import KafkaNode
from groupage.app.local.paths import DataDir
from groupage.app.local.ports import PortBook
from groupage.app.local.servers import kafka_node
from groupage.settings import LOOPBACK, KafkaSettings, LocalSettings
from tests.fetched import kafka_tools_jar

ADMINISTRATOR = "admin"
_LOG_OF_DENIALS = """
logger.authorizer.name = kafka.authorizer.logger
logger.authorizer.level = info
"""
_STORE_PASSWORD = "changeit"
_TIMEOUT_S = 60.0
_SCRIPT_TIMEOUT_S = 180.0
"""Ten starts of a JVM, on a machine that may be busy."""


def password_of(account: str) -> str:
    """Return the password that this Kafka knows."""
    return f"password of {account}"


@dataclass(frozen=True)
class SecuredKafkaNode(KafkaNode):
    """A broker whose only listener for clients is SASL_SSL."""

    accounts: tuple[str, ...] = ()

    @property
    def ca_file(self) -> Path:
        """The broker's certificate, which signs itself: what clients trust."""
        return self.folder / "ca.pem"

    def properties(self) -> str:
        """Return the configuration; what comes later in a file of properties counts."""
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule required"
        values = {
            "listeners": f"SASL_SSL://{LOOPBACK}:{self.port},"
            f"CONTROLLER://{LOOPBACK}:{self.controller_port}",
            "advertised.listeners": f"SASL_SSL://{LOOPBACK}:{self.port}",
            "inter.broker.listener.name": "SASL_SSL",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL",
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{scram} "
            f'username="{ADMINISTRATOR}" password="{password_of(ADMINISTRATOR)}";',
            "ssl.keystore.type": "PKCS12",
            "ssl.keystore.location": str(self._key_store),
            "ssl.keystore.password": _STORE_PASSWORD,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.ca_file),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": f"User:{ADMINISTRATOR};User:ANONYMOUS",
        }
        return super().properties() + "".join(f"{name}={value}\n" for name, value in values.items())

    def prepare(self) -> None:
        """Make the certificate, the configuration, and the accounts."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._make_certificate()
        super().prepare()
        with (self.folder / "log4j2.properties").open("a", encoding="utf-8") as file:
            file.write(_LOG_OF_DENIALS)

    def denials(self) -> list[str]:
        """Return what the authorizer logged of each operation that it denied, from the start on."""
        return [
            line
            for line in self.log_file.read_text(encoding="utf-8").splitlines()
            if " is Denied " in line
        ]

    def settings_of(self, account: str) -> KafkaSettings:
        """Return the settings of a process with this account; its password is in a file."""
        password_file = self.folder / f"{account}.password"
        if not password_file.exists():
            password_file.write_text(password_of(account) + "\n", encoding="utf-8")
        return KafkaSettings(
            bootstrap_servers=self.bootstrap_servers,
            security_protocol="SASL_SSL",
            sasl_username=account,
            sasl_password_file=password_file,
            ca_file=self.ca_file,
        )

    def run_acls_script(self, script: Path, *arguments: str) -> str:
        """Run a script that calls ``kafka-acls.sh`` as the administrator; return its output."""
        done = subprocess.run(
            [
                *(str(script), self.bootstrap_servers, *arguments),
                *("--", "--command-config", str(self._administrator_file())),
            ],
            env=os.environ | {"KAFKA_ACLS": str(self._acls_tool())},
            capture_output=True,
            text=True,
            timeout=_SCRIPT_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _administrator_file(self) -> Path:
        file = self.folder / "admin.properties"
        file.write_text(
            "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\n"
            "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required "
            f'username="{ADMINISTRATOR}" password="{password_of(ADMINISTRATOR)}";\n'
            f"ssl.truststore.type=PEM\nssl.truststore.location={self.ca_file}\n",
            encoding="utf-8",
        )
        return file

    def _acls_tool(self) -> Path:
        """Write what ``kafka-acls.sh`` of Kafka's distribution is, with our Java and jars.

        The first call archives the classes that it loads, because a script calls it ten times.
        """
        archive = self.folder / "acls.jsa"
        words = self._java("$option", "org.apache.kafka.tools.AclCommand")
        java = " ".join(f'"{word}"' for word in words)
        java = java.replace(f"{self.jars}/*", f"{self.jars}/*:{kafka_tools_jar()}")
        file = self.folder / "kafka-acls.sh"
        file.write_text(
            f"#!/bin/sh\noption=-XX:SharedArchiveFile={archive}\n"
            f"[ -f {archive} ] || option=-XX:ArchiveClassesAtExit={archive}\n"
            f'exec {java} "$@"\n',
            encoding="utf-8",
        )
        file.chmod(0o700)
        return file

    @property
    def _key_store(self) -> Path:
        return self.folder / "broker.p12"

    def _make_certificate(self) -> None:
        keytool = self.java.program.resolve().with_name("keytool")
        store = ["-keystore", str(self._key_store), "-storepass", _STORE_PASSWORD]
        _run(
            *(str(keytool), "-genkeypair", *store, "-storetype", "PKCS12", "-alias", "broker"),
            *("-keyalg", "EC", "-dname", "CN=groupage test broker", "-validity", "2"),
            *("-ext", f"san=ip:{LOOPBACK}"),
        )
        _run(
            *(str(keytool), "-exportcert", "-rfc", *store, "-alias", "broker"),
            *("-file", str(self.ca_file)),
        )

    def _format(self) -> None:
        accounts = [
            f"--add-scram=SCRAM-SHA-512=[name={account},password={password_of(account)}]"
            for account in (ADMINISTRATOR, *self.accounts)
        ]
        _run(
            *self._java("-Xmx128m", "kafka.tools.StorageTool", "format", "--cluster-id=test"),
            *(f"--config={self.properties_file}", *accounts),
        )


def secured_kafka_node(folder: Path, accounts: tuple[str, ...]) -> SecuredKafkaNode:
    """Return a broker that keeps its data in the folder and knows the accounts."""
    data = DataDir(folder)
    data.prepare()
    node = kafka_node(LocalSettings(), data, PortBook(data.ports_file))
    return SecuredKafkaNode(**vars(node), accounts=accounts)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
