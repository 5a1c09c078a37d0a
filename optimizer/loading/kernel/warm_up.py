"""Compile the search ahead of its first use: ``python -m optimizer.loading.kernel.warm_up``.

Compilation takes about 25 CPU seconds once for each release, Python, numba and CPU model; later
processes load the machine code in less than a second. ``make install`` does it, and so does the
first search where nobody has; it says so in the log. No search counts this time as its own.
"""

import sys
import time
from functools import cache

import structlog

from optimizer.loading.kernel.api import BoxType, Cuboid
from optimizer.loading.kernel.compilation import cache_folder
from optimizer.loading.kernel.search import Search

log = structlog.get_logger(__name__)

NOTICE = "compiling the search for loadings: up to a minute, once"


def _marker_exists() -> bool:
    return (cache_folder() / "complete").exists()


@cache
def ensure_compiled() -> None:
    """Compile or load all that a search calls, once in each process."""
    if not _marker_exists():
        log.info("loading_search_compiles", note=NOTICE, folder=str(cache_folder()))
    # More than fits, so that the beam goes on to its next level.
    boxes = [BoxType((3, 2, 1), (True, True, True), 40), BoxType((2, 2, 2), (True, True, True), 9)]
    for full_support in (True, False):
        search = Search(
            (7, 5, 4), boxes, full_support=full_support, fixed=[Cuboid(0, 0, 0, 1, 1, 1)]
        )
        search.run(lambda work: work >= 100)
    try:
        (cache_folder() / "complete").touch()
    except OSError:
        log.warning("loading_search_not_cached", folder=str(cache_folder()))


def warm_up() -> float:
    """Compile or load the search. Return the seconds it took."""
    began_s = time.monotonic()
    ensure_compiled()
    return time.monotonic() - began_s


if __name__ == "__main__":
    if not _marker_exists():
        sys.stderr.write(f"groupage: {NOTICE} ...\n")
    sys.stderr.write(f"groupage: the search for loadings is ready after {warm_up():.1f} s\n")
