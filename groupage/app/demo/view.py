"""Show the day as it goes: live on a terminal, as plain lines elsewhere."""

import time
from collections import Counter, deque
from typing import Self

import msgspec
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table

from groupage.domain.value_names import cutoff_legend
from groupage.store.readers.overview import Overview
from groupage.store.readers.views import ConsolidationView

_HUB_ZONE_H = 8
_ROWS = 12
_LINES_ABOVE = 20
"""Terminal lines above the rows of the consolidations."""
_LEGEND_LINES = 30
"""Terminal lines from which on there is room to spell out the codes of cut-offs."""
_WIDE_COLUMNS = 114
"""Width for ids, bars and frames; a narrower terminal shows only the ids."""
_LIVE_EVERY_S = 0.5
_PLAIN_EVERY_S = 3.0
_RATE_WINDOW_S = 5.0
_ORDER = (
    "BOOKED",
    "ACCEPTED",
    "ARRIVING",
    "RECEIVING",
    "RECEIVED",
    "MEASURED",
    "AVAILABLE",
    "ALLOCATED",
    "COMMITTED",
    "STAGED",
    "LOADED",
    "DEPARTED",
    "REJECTED",
    "CANCELLED",
    "RETURNED",
)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The hub's figures at one instant."""

    overview: Overview
    consolidations: tuple[ConsolidationView, ...]
    """Consolidations that have not left, the nearest cut-off first."""
    still_open: int
    departed: int
    facts_sent: int
    day_done: float
    """Share of the simulated time that has passed."""
    waiting_for: str


class Meter:
    """Measures stored records per second over the last few seconds."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def rate(self, records: int) -> float:
        """Add a reading and return the rate."""
        now = time.monotonic()
        self._marks.append((now, records))
        while len(self._marks) > 2 and now - self._marks[0][0] > _RATE_WINDOW_S:
            self._marks.popleft()
        (then, before), (last, after) = self._marks[0], self._marks[-1]
        return (after - before) / (last - then) if last > then else 0.0


class View:
    """Shows figures: live on a terminal, a line now and then elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._meter = Meter()
        self._live = Live(console=console, refresh_per_second=4, transient=False)
        self._plain_at = 0.0

    @property
    def every_s(self) -> float:
        """Seconds between readings: each costs the hub's database CPU time."""
        return _LIVE_EVERY_S if self._console.is_terminal else _PLAIN_EVERY_S

    def __enter__(self) -> Self:
        """Start the live display, on a terminal."""
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the live display and leave its last picture."""
        if self._console.is_terminal:
            self._live.stop()

    def show(self, figures: Figures) -> None:
        """Draw the figures."""
        rate = self._meter.rate(figures.overview.records)
        if self._console.is_terminal:
            self._live.update(_picture(figures, rate, self._console))
        elif time.monotonic() - self._plain_at >= _PLAIN_EVERY_S:
            self._plain_at = time.monotonic()
            self._console.print(_line(figures, rate), highlight=False, soft_wrap=True)


def hub_time(overview: Overview) -> str:
    """Return the hub's time in the hub's zone."""
    if overview.clock_at is None:
        return "not ticking yet"
    minutes = overview.clock_at.timestamp() / 60 + _HUB_ZONE_H * 60
    day, of_day = divmod(int(minutes), 24 * 60)
    date = time.strftime("%a %d %b", time.gmtime(day * 86_400))
    return f"{date} {of_day // 60:02d}:{of_day % 60:02d}"


def _line(figures: Figures, rate: float) -> str:
    overview = figures.overview
    statuses = overview.consignments
    return (
        f"{hub_time(overview)}  {figures.day_done:4.0%}  {rate:7,.0f} events/s  "
        f"{sum(statuses.values())} consignments ({statuses.get('AVAILABLE', 0)} available, "
        f"{statuses.get('ALLOCATED', 0)} allocated, {statuses.get('DEPARTED', 0)} departed)  "
        f"{figures.still_open} containers open, {figures.departed} left  "
        f"{overview.plans} plans  {sum(overview.alerts.values())} alerts open"
        + (f"  waiting for {figures.waiting_for}" if figures.waiting_for else "")
    )


def _picture(figures: Figures, rate: float, console: Console) -> RenderableType:
    overview = figures.overview
    head = (
        f"[bold]{hub_time(overview)}[/] in Yiwu   {figures.day_done:.0%} of the day   "
        f"[bold]{rate:,.0f}[/] events/s   {overview.records:,} taken in"
        + (f"   [dim]waiting for {figures.waiting_for}[/]" if figures.waiting_for else "")
    )
    return Group(
        Panel(head, title="groupage demo"),
        Columns([_consignments(overview), _plans(figures), _alerts(overview)]),
        _consolidations(
            figures.consolidations[: max(3, min(_ROWS, console.height - _LINES_ABOVE))],
            wide=console.width >= _WIDE_COLUMNS,
        ),
        *([f"[dim]{cutoff_legend()}[/]"] if console.height >= _LEGEND_LINES else []),
    )


def _consignments(overview: Overview) -> Table:
    table = Table(title="consignments", box=None, show_header=False, padding=(0, 1))
    known = [name for name in _ORDER if overview.consignments.get(name)]
    for name in known:
        table.add_row(name, f"{overview.consignments[name]:,}")
    return table


def _plans(figures: Figures) -> Table:
    table = Table(title="plans and containers", box=None, show_header=False, padding=(0, 1))
    overview = figures.overview
    table.add_row("plans certified", str(overview.plans))
    table.add_row("requests failed", str(overview.failed_requests))
    for name, count in sorted(overview.consolidations.items()):
        table.add_row(f"containers {name}", str(count))
    return table


def _alerts(overview: Overview) -> Table:
    table = Table(title="open alerts", box=None, show_header=False, padding=(0, 1))
    for code, count in Counter(overview.alerts).most_common(_ROWS):
        table.add_row(code, str(count))
    table.add_row("[dim]raised so far[/]", str(overview.alerts_raised))
    table.add_row("[dim]dead letters[/]", str(overview.dead_letters))
    return table


def _consolidations(consolidations: tuple[ConsolidationView, ...], *, wide: bool) -> Table:
    title = "consolidations, nearest cut-off first"
    if wide:
        table = Table(title=title, expand=True)
    else:
        table = Table(title=title, box=None, pad_edge=False, collapse_padding=True)
    for name in ("consolidation", "status", "lots", "fill", "", "cut-off", "in min"):
        if wide or name:
            right = name in ("lots", "fill", "in min")
            table.add_column(name, justify="right" if right else "left", no_wrap=True)
    for consolidation in consolidations:
        fill = (consolidation.fill_permille or 0) / 1_000
        table.add_row(
            consolidation.consolidation_id,
            consolidation.status,
            str(consolidation.members),
            f"{fill:.0%}",
            *(["█" * round(fill * 20)] if wide else []),
            consolidation.next_cutoff,
            "" if consolidation.minutes_to_cutoff is None else str(consolidation.minutes_to_cutoff),
            style="red" if consolidation.at_risk else "",
        )
    return table
