"""Every core there is, by the kind of owner whose state it keeps."""

import importlib
from collections.abc import Mapping
from typing import Any
from groupage.domain.events.base import Kind
from groupage.domain.policy import Policy
from processors.core import Core

def make_cores(policy: Policy | None = None) -> Mapping[Kind, Core[Any]]:
    cores = {}
    for k in ("consignment","unit","container","visit","declaration","voyage","consolidation","lane","command"):
        try:
            m = importlib.import_module(f"processors.{k}.core")
        except ImportError:
            continue
        c = getattr(m, k.capitalize()+"Core")
        try: cores[k] = c(policy or Policy())
        except TypeError: cores[k] = c()
    return cores
