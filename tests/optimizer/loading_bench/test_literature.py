"""Files in the OR-Library's format, and the generator of the BR classes."""

import hashlib
import json
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupage.app.bench.loading import generator
from groupage.app.bench.loading.instances import find_problems, parse_numbers
from groupage.app.bench.loading.known import mean_percent, read_best_known
from groupage.app.bench.loading.literature import read_file
from groupage.app.bench.loading.problem import Problem
from groupage.domain.errors import InvalidInput

DATA = os.environ.get("GROUPAGE_TEST_LOADING_DATA", "")
SMALL = """ 2
 1 7
 30 20 10
 2
 1 10 1 8 0 5 1 4
 2 6 0 6 0 6 1 3
 2
 20 20 20
 1
 1 9 1 8 1 7 1 12
"""


def write(folder: Path, text: str, name: str = "small_01-02.txt") -> Path:
    """Write a file of problems."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def read(path: Path, *, all_boxes: bool = False) -> list[Problem]:
    """Read it; lines that need a correction fail."""

    def fail(text: str) -> None:
        raise AssertionError(text)

    return read_file(path, all_boxes=all_boxes, report=fail)


def fault_of(path: Path) -> InvalidInput | None:
    """Return the error of a file; None: it is read."""
    try:
        read_file(path, all_boxes=True, report=lambda _: None)
    except InvalidInput as error:
        return error
    return None


def test_read(tmp_path: Path) -> None:
    """A file's problems, with and without a seed."""
    first, second = read(write(tmp_path, SMALL))
    assert (first.name, first.container, second.name) == ("small/1", (30, 20, 10), "small/2")
    assert [t.edges for t in first.types] == [(10, 8, 5), (6, 6, 6)]
    assert first.types[0].vertical == (True, False, True)
    assert first.types[1].quantity == 3
    assert first.types[0].orientations() == {(10, 8, 5), (8, 10, 5), (8, 5, 10), (5, 8, 10)}
    assert (first.containers_min, second.containers_min) == (1, 1)


def test_a_missing_mark(tmp_path: Path) -> None:
    """A line that lacks the mark of the second edge, as three of thpack9 do, is reported."""
    reports: list[str] = []
    path = write(tmp_path, SMALL.replace("9 1 8 1 7 1 12", "9 1 8 7 1 12"))
    problems = read_file(path, all_boxes=False, report=reports.append)
    assert problems == read(write(tmp_path, SMALL))
    assert reports == ["line 10 has no mark after the second edge: read as 1"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (" 2\n 1 7", " x\n 1 7", "line 1: problems is 'x', must be an integer from 1 to 10000"),
        (" 1 7", " 1 7 9", "line 2: the problem's line has 3 fields"),
        (" 2\n 20", " 3\n 20", "line 7: the problem's number is 3, must be 2"),
        ("30 20 10", "30 0 10", "line 3: width is '0'"),
        (
            "30 20 10",
            "30 20",
            "line 3: the container has 2 fields, must have length, width, height",
        ),
        (" 2\n 1 10", " 3\n 1 10", "line 7: the box type has 1 fields"),
        (" 1 10", " 2 10", "line 5: the box type's number is 2, must be 1"),
        ("1 10 1 8", "1 -10 1 8", "line 5: edge 1 is '-10'"),
        ("8 0 5", "8 2 5", "line 5: mark of edge 2 is '2', must be an integer from 0 to 1"),
        ("1 10 1 8 0 5 1 4", "1 10 0 8 0 5 0 4", "line 5: no edge of the box type may stand"),
        ("5 1 4", "5 1 ٤", "line 5: the quantity is '٤'"),
        ("5 1 4", "5 1 1e9", "line 5: the quantity is '1e9'"),
        ("5 1 4", "5 1 " + "9" * 5_000, "line 5: the quantity is '999"),
        ("7 1 12\n", "7 1 12\n 3\n", "line 11: '3' follows the last problem"),
        (" 1\n 1 9 1 8 1 7 1 12\n", "", "ends where a line with the count of box types"),
    ],
)
def test_a_wrong_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    """An error names the file, the line and the field, and says what would be right."""
    path = write(tmp_path, SMALL.replace(old, new, 1))
    with pytest.raises(InvalidInput) as error:
        read(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)


def test_no_file(tmp_path: Path) -> None:
    """A missing file, a folder, and bytes that are no text."""
    binary = tmp_path / "binary.txt"
    binary.write_bytes(b"1 \xff\xfe")
    for path in (tmp_path / "missing.txt", tmp_path, binary):
        with pytest.raises(InvalidInput, match=str(path)):
            read(path)


def test_a_box_that_fits_no_container(tmp_path: Path) -> None:
    """Where all boxes must be loaded, each must fit."""
    path = write(tmp_path, SMALL.replace("6 0 6 0 6 1", "6 0 6 0 11 1"))
    assert len(read(path)) == 2
    with pytest.raises(InvalidInput, match=r"small/1: box type 2 .* does not fit"):
        read(path, all_boxes=True)


@given(
    st.lists(
        st.lists(st.one_of(st.integers(-2, 12).map(str), st.text(max_size=3)), max_size=9),
        max_size=12,
    )
)
def test_any_text(tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]]) -> None:
    """Any text is read, or is an error that names the file."""
    path = tmp_path_factory.mktemp("any") / "any.txt"
    path.write_text("\n".join(" ".join(line) for line in lines), encoding="utf-8")
    assert fault_of(path) is None or "any.txt" in str(fault_of(path))


@given(st.integers(0, len(SMALL) - 1), st.sampled_from([*"0 \n79x-.", "", "99999999999999"]))
def test_a_changed_character(
    tmp_path_factory: pytest.TempPathFactory, place: int, new: str
) -> None:
    """A file with one character changed is read, or is an error that names the file."""
    path = write(tmp_path_factory.mktemp("any"), SMALL[:place] + new + SMALL[place + 1 :])
    assert fault_of(path) is None or "small" in str(fault_of(path))


def digest(problems: list[Problem]) -> str:
    """Return a digest of all numbers of the problems."""
    numbers = [
        [
            problem.container,
            [[t.number, *t.edges, *map(int, t.vertical), t.quantity] for t in problem.types],
        ]
        for problem in problems
    ]
    return hashlib.sha256(json.dumps(numbers).encode()).hexdigest()[:16]


DIGESTS = {
    0: "e607ebef15456199",
    1: "da24530c6da17004",
    2: "29ca21638e5046dd",
    3: "7ef04733ac914e49",
    4: "1c66f52fc6d90c42",
    5: "5333ae10338908a5",
    6: "ff6fe6fcb174f456",
    7: "86dd9e62313abe4d",
    8: "045520e151920a80",
    9: "9890d0b209a11cf9",
    10: "0d876849ac76b2a2",
    11: "e8f0d1f979dd32dd",
    12: "04abf9d1f3e067c0",
    13: "785433f69172d68b",
    14: "c813e6bd09e3e398",
    15: "e2b054110a5d09d9",
}
"""Of the first twenty problems of each class, which equal those of the files."""


@pytest.mark.parametrize("br", DIGESTS)
def test_generated_numbers(br: int) -> None:
    """The generator gives the published problems."""
    assert digest([generator.generate(br, number) for number in range(1, 21)]) == DIGESTS[br]


@pytest.mark.skipif(not DATA, reason="GROUPAGE_TEST_LOADING_DATA names no folder")
@pytest.mark.parametrize("br", range(16))
def test_generator_equals_the_files(br: int) -> None:
    """The problems made are those of the files, number by number."""
    problems = read(Path(DATA) / f"BR{br}_01-20.txt")
    assert problems == [generator.generate(br, number) for number in range(1, 21)]


@pytest.mark.skipif(not DATA, reason="GROUPAGE_TEST_LOADING_DATA names no folder")
def test_thpack() -> None:
    """The files of Loh and Nee and of Ivancic, Mathur and Mohanty are read whole."""
    reports: list[str] = []
    single = read(Path(DATA) / "thpack8.txt")
    several = read_file(Path(DATA) / "thpack9.txt", all_boxes=False, report=reports.append)
    assert [report.split()[1] for report in reports] == ["107", "113", "119"]
    assert not any(problem.all_boxes for problem in single)
    assert all(problem.all_boxes for problem in several)
    assert (len(single), len(several)) == (15, 47)
    assert sum(problem.containers_min for problem in several) == 579


def test_other_seeds() -> None:
    """Another seed base gives other problems of the same class, under a name that says so."""
    problem = generator.generate(5, 1, seed_base=77)
    assert problem.name == "BR5 from 77/1"
    assert len(problem.types) == 12
    assert problem.types != generator.generate(5, 1).types
    assert problem == generator.generate(5, 1, seed_base=77)
    assert problem.cargo_volume <= problem.volume


def test_names(tmp_path: Path) -> None:
    """Files, classes and ranges of classes, with the problems of each."""
    path = write(tmp_path, SMALL)
    found = find_problems(
        [str(path), "BR1-3", "BR0"],
        instances="2",
        seed_base=None,
        all_boxes=False,
        report=lambda _: None,
    )
    assert list(found) == ["small", "BR1", "BR2", "BR3", "BR0"]
    assert [problem.number for problems in found.values() for problem in problems] == [2] * 5


def test_all_boxes_of_a_class() -> None:
    """Generated classes, too, are loaded whole when that is asked for."""
    found = find_problems(
        ["BR2", "hub"], instances="1", seed_base=None, all_boxes=True, report=lambda _: None
    )
    assert all(problem.all_boxes for problems in found.values() for problem in problems)


@pytest.mark.parametrize(
    ("names", "instances", "seed_base", "message"),
    [
        (["BR16"], None, None, "BR16 must be a class from BR0 to BR15"),
        (["BR3-2"], None, None, "BR3-2 must be a class"),
        (["BR3"], "0", None, "--instances is '0'"),
        (["BR3"], "5-2", None, "'5-2' must be a number or a range"),
        (["BR3"], "1,x", None, "'x' must be"),
        (["nothing.txt"], None, None, "cannot read nothing.txt"),
    ],
)
def test_wrong_names(
    names: list[str], instances: str | None, seed_base: int | None, message: str
) -> None:
    """An error names the argument and says what is right."""
    with pytest.raises(InvalidInput) as error:
        find_problems(
            names, instances=instances, seed_base=seed_base, all_boxes=False, report=lambda _: None
        )
    assert message in str(error.value)


def test_a_number_beyond_the_file(tmp_path: Path) -> None:
    """The error says how many problems the file has."""
    path = write(tmp_path, SMALL)
    with pytest.raises(InvalidInput, match=r"names problem 3; .* has 2"):
        find_problems(
            [str(path)], instances="1-3", seed_base=None, all_boxes=False, report=lambda _: None
        )


def test_published_and_other_instances(tmp_path: Path) -> None:
    """With another seed base a file keeps its problems; without a class it is an error."""
    path = write(tmp_path, SMALL)
    found = find_problems(
        [str(path), "BR3"], instances="1", seed_base=77, all_boxes=False, report=lambda _: None
    )
    assert list(found) == ["small", "BR3 from 77"]
    with pytest.raises(InvalidInput, match="none is named"):
        find_problems(
            [str(path)], instances="1", seed_base=77, all_boxes=False, report=lambda _: None
        )


def test_numbers() -> None:
    """Numbers and ranges are sorted, each once."""
    assert parse_numbers("7-9, 1,8") == [1, 7, 8, 9]


def test_best_known(tmp_path: Path) -> None:
    """The mean over the instances measured, if it is known of all of them."""
    path = tmp_path / "best_known.csv"
    path.write_text("class,instance,best_known_volume_cm3\nsmall,1,3000\nsmall,2,4000\n")
    volumes = read_best_known(path)
    problems = read(write(tmp_path, SMALL))
    assert mean_percent(problems, volumes) == pytest.approx(50.0)
    other = msgspec.structs.replace(problems[0], number=3)
    assert mean_percent([other], volumes) is None
    path.write_text("class,instance,best_known_volume_cm3\nsmall,1,much\n")
    with pytest.raises(InvalidInput, match="line 2"):
        read_best_known(path)
