"""Compile the search ahead of its first use: ``python -m optimizer.loading.kernel.warm_up``.

Compilation takes about 20 CPU seconds once for each release, Python and CPU model; later processes
load the machine code in about half a second.
"""

import sys
import time

from optimizer.loading.kernel.api import BoxType, Support, fill


def warm_up() -> float:
    """Compile or load all that a search calls. Return the seconds it took."""
    began_s = time.monotonic()
    boxes = [BoxType((3, 2, 1), (True, True, True), 4), BoxType((2, 2, 2), (False, False, True), 3)]
    for support in Support:
        fill((7, 5, 4), boxes, support=support, seconds=None, work=100)
    return time.monotonic() - began_s


if __name__ == "__main__":
    sys.stderr.write("groupage: compiling the search for loadings (up to a minute, once) ...\n")
    sys.stderr.write(f"groupage: compiled in {warm_up():.1f} s\n")
