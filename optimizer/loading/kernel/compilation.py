"""Compilation of the search: machine code is cached in a folder of the user, never stale.

numba's own cache does not notice that a function of another module changed (numba/numba#1833), and
beside an installed package it may not be writable. So the cache folder has a digest of all that
is compiled in its name: another release, or an edited module, has another folder.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import platformdirs

F = TypeVar("F", bound=Callable[..., Any])

FOLDER_VARIABLE = "GROUPAGE_CACHE_DIR"


@cache
def cache_folder() -> Path:
    """Return the folder of this version's machine code.

    Compiled functions use nothing but one another and what `arrays` defines.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for module in sorted(Path(__file__).parent.glob("*.py")):
        source = module.read_bytes()
        if b"@compiled" in source or module.name == "arrays.py":
            digest.update(source)
    root = os.environ.get(FOLDER_VARIABLE) or platformdirs.user_cache_dir("groupage")
    return Path(root).expanduser() / "compiled" / digest.hexdigest()[:16]


@contextmanager
def _cached_in(folder: Path) -> Iterator[None]:
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        config.CACHE_DIR = before


def compiled(function: F) -> F:
    """Compile the function at its first call, or load it from the cache.

    Where no folder can be written, each process compiles for itself.
    """
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _cached_in(folder):
            return cast("F", numba.njit(cache=True, error_model="numpy")(function))
    except (OSError, RuntimeError):  # numba raises the latter: no locator available
        return cast("F", numba.njit(error_model="numpy")(function))
