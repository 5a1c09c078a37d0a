"""Settings of a hub on this machine."""

from collections.abc import Callable
from pathlib import Path

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings

from groupage.domain.errors import Misconfigured
from groupage.settings.base import config


def _user_folder(folder: Callable[[str], str]) -> Path:
    try:
        return Path(folder("groupage"))
    except (RuntimeError, KeyError) as error:
        raise Misconfigured(
            "this user has no home directory; set HOME, or GROUPAGE_DATA_DIR and GROUPAGE_CACHE_DIR"
        ) from error


class LocalSettings(BaseSettings):
    """A hub on this machine: ``groupage up`` (``GROUPAGE_*``)."""

    model_config = config("GROUPAGE_")

    data_dir: Path = Field(default_factory=lambda: _user_folder(platformdirs.user_data_dir))
    cache_dir: Path = Field(default_factory=lambda: _user_folder(platformdirs.user_cache_dir))
    maven_mirror: str | None = None
    """URL of a mirror with the layout of Maven Central."""
    kafka_port: int = Field(default=0, ge=0, le=65535)
    """0: `up` chooses a free port and keeps it for this data directory."""
    gateway_port: int = Field(default=0, ge=0, le=65535)
    api_port: int = Field(default=0, ge=0, le=65535)
    kafka_heap_mib: int = Field(default=512, ge=256, le=65536)
    restart_wait_max_s: float = Field(default=30.0, ge=0.5, le=3_600.0)
    """The longest wait before a process that keeps dying is started again."""
    processor_workers: int = Field(default=1, ge=1, le=64)

    @property
    def packing_list_profiles(self) -> Path:
        """Folder of the profiles by which packing lists are read."""
        return self.data_dir.expanduser() / "packing-lists"
