"""Best known results of the literature, and totals that others reached.

Volumes without support come from a file ``best_known.csv`` (class, instance, volume), as collected
at https://github.com/fontanf/packingsolver (data/box). Averages with full support are over all 100
instances of a class; they were read second-hand, not in the papers themselves.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from groupage.app.bench.loading.problem import Problem
from groupage.domain.errors import InvalidInput

FILE_NAME = "best_known.csv"
_COLUMNS = ("class", "instance", "best_known_volume_cm3")


class Average(NamedTuple):
    """A published mean fill of a class."""

    percent: float
    source: str


_VCS = "BSG-VCS 2017, doi 10.1016/j.cor.2017.01.002"
_BRKGA = "mp-BRKGA 2012, doi 10.1016/j.cor.2011.03.009"
FULL_SUPPORT = {
    "BR1": Average(94.74, _VCS),
    "BR2": Average(95.38, _VCS),
    "BR3": Average(95.05, _BRKGA),
    "BR4": Average(94.75, _BRKGA),
    "BR5": Average(94.58, _BRKGA),
    "BR6": Average(94.38, _BRKGA),
    "BR7": Average(93.74, _BRKGA),
    "BR15": Average(87.57, "CLTRS 2010, doi 10.1287/ijoc.1090.0338"),
}
"""The best that we found for each class, whatever time it took."""


class Total(NamedTuple):
    """Containers that others needed for all problems of a file."""

    instances: int
    containers: int
    source: str


TOTALS = {"thpack9": Total(47, 697, "packingsolver3d 0.0.5, without support")}
"""Measured with the peer itself on another machine, up to 5 s each."""


def read_best_known(path: Path) -> dict[tuple[str, int], int]:
    """Return the best known volume of each instance, by class and number.

    Raises:
        InvalidInput: the file cannot be read or a row is wrong; names the line.
    """
    volumes: dict[tuple[str, int], int] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            for row in rows:
                family, number, volume = (row.get(name) or "" for name in _COLUMNS)
                if not (number.isdecimal() and volume.isdecimal()):
                    raise InvalidInput(
                        f"{path}, line {rows.line_num}: expected the columns {', '.join(_COLUMNS)} "
                        f"with integers in the last two"
                    )
                volumes[family, int(number)] = int(volume)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"cannot read {path}: {error}") from error
    return volumes


def find_best_known(path: Path | None, files: Sequence[Path]) -> dict[tuple[str, int], int]:
    """Return the best known volumes of a file, or of the one beside the instances."""
    if path is not None:
        return read_best_known(path)
    beside = [file.parent / FILE_NAME for file in files]
    return next((read_best_known(file) for file in beside if file.is_file()), {})


def mean_percent(
    problems: Sequence[Problem], volumes: Mapping[tuple[str, int], int]
) -> float | None:
    """Return the mean best known fill of these instances, if it is known of each."""
    keys = [(problem.family, problem.number) for problem in problems]
    if not all(key in volumes for key in keys):
        return None
    fills = [volumes[key] / problem.volume for key, problem in zip(keys, problems, strict=True)]
    return 100 * sum(fills) / len(fills)
