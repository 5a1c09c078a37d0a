"""The working days of China, as the General Office of the State Council announced them.

A policy holds the days that it judges by, so that the log alone gives the states. When the notice
for another year is out (November), add its days here; `groupage up` and `groupage policy adopt` put
them in force.
"""

from datetime import date

from groupage.domain.working_days import WorkingDays


def _days(year: int, *months: tuple[int, tuple[int, ...]]) -> tuple[date, ...]:
    return tuple(date(year, month, day) for month, days in months for day in days)


CHINA = WorkingDays(
    source=(
        "notices on public holidays by the General Office of the State Council of China of "
        "2023-10-25, 2024-11-12 and 2025-11-04"
    ),
    utc_offset_s=8 * 3_600,
    known_from=date(2024, 1, 1),
    known_until=date(2026, 12, 31),
    holidays=(
        *_days(
            2024,
            (1, (1,)),
            (2, (12, 13, 14, 15, 16)),
            (4, (4, 5)),
            (5, (1, 2, 3)),
            (6, (10,)),
            (9, (16, 17)),
            (10, (1, 2, 3, 4, 7)),
        ),
        *_days(
            2025,
            (1, (1, 28, 29, 30, 31)),
            (2, (3, 4)),
            (4, (4,)),
            (5, (1, 2, 5)),
            (6, (2,)),
            (10, (1, 2, 3, 6, 7, 8)),
        ),
        *_days(
            2026,
            (1, (1, 2)),
            (2, (16, 17, 18, 19, 20, 23)),
            (4, (6,)),
            (5, (1, 4, 5)),
            (6, (19,)),
            (9, (25,)),
            (10, (1, 2, 5, 6, 7)),
        ),
    ),
    make_up_days=(
        *_days(2024, (2, (4, 18)), (4, (7, 28)), (5, (11,)), (9, (14, 29)), (10, (12,))),
        *_days(2025, (1, (26,)), (2, (8,)), (4, (27,)), (9, (28,)), (10, (11,))),
        *_days(2026, (1, (4,)), (2, (14, 28)), (5, (9,)), (9, (20,)), (10, (10,))),
    ),
)
"""Checked day by day against chinesecalendar 1.11.0 and holidays."""
