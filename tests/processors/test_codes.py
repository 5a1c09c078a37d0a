"""Every code of the closed lists is given somewhere, and every code that is given is listed."""

from enum import StrEnum
from pathlib import Path

import pytest

import processors
from groupage.domain.codes import AlertCode, UnloadableCode
from groupage.domain.rejections import RejectionCode
from groupage.domain.sender_alerts import SENDER_SEVERITIES

SOURCES = "\n".join(
    path.read_text(encoding="utf-8") for path in Path(processors.__path__[0]).rglob("*.py")
)
COMPOSED = {
    *(AlertCode(f"unloadable_{code}") for code in UnloadableCode),  # type: ignore[call-arg]
    *(AlertCode[f"CUTOFF_{code}"] for code in ("LCO", "DCO", "AFC", "VCO", "CUA", "PCO")),
    RejectionCode.DG_NOT_CLEARED,  # LoadMove.unready holds its value
    *(code for code in AlertCode if code in SENDER_SEVERITIES),  # the code of a dead letter
}
"""Made of another code or read from a state."""


@pytest.mark.parametrize("code", [*RejectionCode, *AlertCode], ids=lambda code: code.name)
def test_no_code_is_unused(code: StrEnum) -> None:
    """A code that no aggregate gives misleads whoever reads docs/codes.md."""
    prefix = "AlertCode" if isinstance(code, AlertCode) else "Code"
    assert code in COMPOSED or f"{prefix}.{code.name}" in SOURCES
