"""Settings that the processes of one hub share: its secret, its policy file, its clock."""

from pathlib import Path
from typing import Literal

from pydantic import Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings

from groupage.domain.policy import Policy
from groupage.domain.policy_file import load_policy
from groupage.settings.base import config, read_secret
from groupage.settings.local import LocalSettings

ClockSource = Literal["wall", "external", "simulated"]


class HubSettings(BaseSettings):
    """The secret that the hub's own processes share (``GROUPAGE_HUB_*``).

    Workers, planners and clocks sign with it what only they may say, and verify it.
    """

    model_config = config("GROUPAGE_HUB_")

    secret: SecretStr | None = None
    """At least 32 characters. Several, with commas or white space between: the first one signs, all
    verify."""
    secret_file: FilePath | None = None
    """A file that holds the same, in place of `secret`."""

    @model_validator(mode="after")
    def _require_secret(self) -> "HubSettings":
        if (self.secret is None) == (self.secret_file is None):
            raise ValueError(
                "the hub's processes sign their records: set GROUPAGE_HUB_SECRET, or name a file "
                "that holds it in GROUPAGE_HUB_SECRET_FILE, the same for all of them; "
                "`openssl rand -hex 32` makes a secret, and `groupage up` makes one of its own"
            )
        return self

    def secrets(self) -> list[str]:
        """Return the secrets, the one that signs first. Raises Misconfigured."""
        if self.secret is not None:
            text = self.secret.get_secret_value()
        else:
            assert self.secret_file is not None, "checked above"
            text = read_secret(self.secret_file, "GROUPAGE_HUB_SECRET_FILE")
        return text.replace(",", " ").split()


class PolicySettings(BaseSettings):
    """The file with the hub's policy (``GROUPAGE_POLICY_*``).

    A new hub adopts it. What counts from then on are the policies in the hub's log.
    """

    model_config = config("GROUPAGE_POLICY_")

    file: Path | None = None
    """TOML file with fields of `groupage.domain.policy.Policy`. Without it ``policy.toml`` in the
    data directory; else the defaults."""

    def load(self) -> Policy:
        """Load the policy. Raises Misconfigured that names file and field."""
        return load_policy(self.path)

    @property
    def path(self) -> Path | None:
        """The file; None: the defaults count."""
        of_hub = LocalSettings().data_dir.expanduser() / "policy.toml"
        return self.file or (of_hub if of_hub.is_file() else None)

    def described(self) -> str:
        """Say where the policy comes from."""
        return "the defaults" if self.path is None else f"file {self.path}"


class ClockSettings(BaseSettings):
    """The hub's clock, and the process that publishes its ticks (``GROUPAGE_CLOCK_*``)."""

    model_config = config("GROUPAGE_CLOCK_")

    tick_s: float = Field(default=10.0, gt=0, le=600)
    source: ClockSource = "wall"
    """``external``: a simulator or a recording publishes the ticks; ``simulated``: the clock
    process goes on from the last of them, as fast as the time of day. Clock, workers, gateway and a
    rebuild of one hub need the same; all but the clock treat these two alike."""
