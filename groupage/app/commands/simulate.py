"""``groupage simulate``: play a hub's day into Kafka, HTTP or a file."""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import msgspec
import typer
from rich.console import Console

from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import print_json, print_line
from groupage.domain.errors import Misconfigured

if TYPE_CHECKING:
    from groupage.settings import KafkaSettings
    from producers.simulator.parameters import Parameters
    from producers.simulator.play import Player
    from producers.simulator.simulation import Simulation

Scale = Literal["small", "t0", "t1-hour"]
To = Literal["kafka", "http", "file"]
Pace = Literal["real", "fast", "max"]
_HUB_OFFSET = timedelta(hours=8)
_PROGRESS_EVERY_S = 5.0
_FIRST_YEAR, _LAST_YEAR = 1970, 2100

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def simulate(  # noqa: PLR0913 - the options of a command
    *,
    scale: Annotated[Scale, typer.Option(help="How much cargo.")] = "small",
    seed: Annotated[
        int,
        typer.Option(
            min=0,
            max=9_999,
            help="The same seed gives the same day. Another day on the same hub needs another "
            "seed: cartons, containers and voyages are named after it.",
        ),
    ] = 1,
    to: Annotated[To, typer.Option(help="Destination of the facts.")] = "kafka",
    out: Annotated[
        Path, typer.Option(help="With --to file: file to write, JSON Lines of CloudEvents.")
    ] = Path("facts.jsonl"),
    pace: Annotated[
        Pace,
        typer.Option(
            help="real: in real time; fast: never far ahead of the hub; max: as fast as Kafka "
            "accepts the facts between two cut-offs."
        ),
    ] = "fast",
    open_loop: Annotated[
        bool,
        typer.Option(
            "--open-loop",
            help="Do not wait for the hub's plans: cargo without a plan at its cut-off stays. "
            "Without this option the same seed gives the same day.",
        ),
    ] = False,
    plans: Annotated[
        Path | None,
        typer.Option(
            help="With --to file: plans to follow, JSON Lines of facts of the plan topic."
        ),
    ] = None,
    day: Annotated[
        str, typer.Option(help="First day with cut-offs, YYYY-MM-DD in the hub's time zone.")
    ] = "",
    rules: Annotated[
        Path | None,
        typer.Option(
            help="Only write the hub's policy for fast motion to this file; then start the "
            "hub with GROUPAGE_POLICY_FILE set to it."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Play a hub's day: bookings, arrivals, customs, stuffing by plan, departures.

    The simulator reads plans from Kafka. In fast motion it waits at each cut-off until the hub has
    processed everything and the planner has answered. With --to file there is no planner: without
    --plans no cargo is stuffed. With --to http the facts go to the gateway; ticks and plans still
    use Kafka.
    """
    if rules is not None:
        from groupage.app.demo.policy import write_policy  # noqa: PLC0415

        write_policy(rules)
        return
    from producers.simulator.parameters import (  # noqa: PLC0415 - not for `--help`
        parameters_for,
    )

    quiet_logs("simulate")
    parameters = parameters_for(scale, seed=seed, day_at=_day_at(day, pace))
    if to == "http" and pace != "real":
        # The gateway records facts of a past day with today's time, so a device whose clock runs
        # ahead cannot be detected.
        rates = msgspec.structs.replace(parameters.rates, wrong_clock=0.0)
        parameters = msgspec.structs.replace(parameters, rates=rates)
    options = _Options(to=to, out=out, pace=pace, plans=plans, open_loop=open_loop)
    report = asyncio.run(_play(parameters, options))
    if as_json:
        print_json(report)
    else:
        for name, value in report.items():
            if name != "rates":  # expected frequencies, for those who tune the simulation
                print_line(_outcome_line(name, value))


def _outcome_line(name: str, value: object) -> str:
    unit = " s" if name.endswith("_s") else ""
    label = name.removesuffix("_s").replace("_", " ")
    if isinstance(value, dict):
        parts = [f"{str(key).replace('_', ' ')} {number:,}{unit}" for key, number in value.items()]
        return f"{label:<20}  {', '.join(parts) or '–'}"
    return f"{label:<20}  {value:,}{unit}"


def _day_at(day: str, pace: str) -> datetime:
    """Return midnight of the day in the hub's zone; by default tomorrow in real time."""
    from producers.simulator.parameters import DEFAULT_DAY_AT  # noqa: PLC0415

    if day:
        try:
            midnight = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            raise typer.BadParameter(f"--day is {day!r}; it is written like 2026-03-02") from None
        if not _FIRST_YEAR <= midnight.year <= _LAST_YEAR:
            raise typer.BadParameter(f"--day is {day}; {_FIRST_YEAR} to {_LAST_YEAR} can be played")
        return midnight - _HUB_OFFSET
    if pace != "real":
        return DEFAULT_DAY_AT
    local = datetime.now(UTC) + _HUB_OFFSET
    today = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return today - _HUB_OFFSET + timedelta(days=1)


class _Options(NamedTuple):
    """The command's options: how to play the day."""

    to: To
    out: Path
    pace: Pace
    plans: Path | None
    open_loop: bool


async def _play(parameters: "Parameters", options: _Options) -> dict[str, object]:
    from producers.simulator.simulation import Simulation  # noqa: PLC0415

    began_s = time.monotonic()
    simulation = Simulation(parameters)
    async with AsyncExitStack() as stack:
        make = _to_file if options.to == "file" else _to_hub
        player = await make(simulation, stack, options)
        progress_task = asyncio.create_task(
            _print_progress(player, simulation.start_at, simulation.end_at)
        )
        try:
            await player.play()
        finally:
            progress_task.cancel()
            await asyncio.gather(progress_task, return_exceptions=True)
    progress = player.progress
    return {
        "facts": progress.facts,
        "took_s": round(time.monotonic() - began_s, 1),
        "waited_s": progress.waited_s,
        "plans_missed": progress.unplanned,
        "plans_out_of_turn": progress.unforeseen,
        **msgspec.to_builtins(simulation.outcome()),
    }


async def _print_progress(player: "Player", start_at: datetime, end_at: datetime) -> None:
    """Print the time of the day and what it waits for, every few seconds on standard error."""
    console = Console(stderr=True)
    while True:
        await asyncio.sleep(_PROGRESS_EVERY_S)
        progress = player.progress
        done = (progress.now - start_at) / (end_at - start_at)
        waiting = f", waiting for {progress.waiting_for}" if progress.waiting_for else ""
        console.print(
            f"{progress.now + _HUB_OFFSET:%a %d %b %H:%M} at the hub, {done:.0%} of the day, "
            f"{progress.facts:,} facts sent{waiting}",
            highlight=False,
            soft_wrap=True,
        )


async def _to_file(simulation: "Simulation", stack: AsyncExitStack, options: _Options) -> "Player":
    from producers.simulator.play import HubLink, Player  # noqa: PLC0415
    from producers.simulator.recorded import RecordedPlans  # noqa: PLC0415
    from producers.simulator.sinks import FileSink  # noqa: PLC0415

    sink = await stack.enter_async_context(FileSink(options.out))
    recorded = RecordedPlans(options.plans) if options.plans else None
    return Player(
        simulation,
        sink,
        pace="real" if options.pace == "real" else "max",
        hub=HubLink(
            drain=(lambda: recorded.until(simulation.now)) if recorded else None, waits=False
        ),
    )


async def _to_hub(simulation: "Simulation", stack: AsyncExitStack, options: _Options) -> "Player":
    """Build a player for Kafka or the gateway; it sends ticks except in real time."""
    from groupage.app.demo.backlog import hub_backlog  # noqa: PLC0415
    from groupage.contracts.signing import hub_key_from  # noqa: PLC0415
    from groupage.settings import HubSettings, KafkaSettings, TopicSettings  # noqa: PLC0415
    from producers.simulator.feedback import Feedback  # noqa: PLC0415
    from producers.simulator.http import HttpSink  # noqa: PLC0415
    from producers.simulator.kafka_sink import KafkaSink, Ticker  # noqa: PLC0415
    from producers.simulator.play import HubLink, Player  # noqa: PLC0415
    from producers.simulator.sinks import Sink  # noqa: PLC0415

    kafka, topics = KafkaSettings(), TopicSettings()
    prefix = topics.prefix
    if options.pace != "real":
        _require_our_clock(kafka)
    sink: Sink = (
        HttpSink.from_environment() if options.to == "http" else KafkaSink(kafka, prefix=prefix)
    )
    await stack.enter_async_context(sink)
    feedback = await stack.enter_async_context(Feedback(kafka, prefix=prefix))
    ticker = None
    if options.pace != "real":
        hub_key = hub_key_from(HubSettings(), topics)
        ticker = await stack.enter_async_context(Ticker(kafka, hub_key=hub_key, prefix=prefix))
    return Player(
        simulation,
        sink,
        pace=options.pace,
        hub=HubLink(
            tick=ticker.tick_others if ticker else None,
            tick_lanes=ticker.tick_lanes if ticker else None,
            drain=feedback.drain,
            received_all=feedback.received_all,
            backlog=await hub_backlog(stack, kafka, prefix=prefix),
            waits=not options.open_loop,
        ),
    )


def _require_our_clock(kafka: "KafkaSettings") -> None:
    """Raise if the local hub has a clock: two clocks in a log would break every deadline."""
    from groupage.app.local.hub import running_hub  # noqa: PLC0415
    from groupage.settings import LocalSettings  # noqa: PLC0415

    state = running_hub(LocalSettings().data_dir)
    ours = state is not None and state.kafka_bootstrap_servers == kafka.bootstrap_servers
    if state is not None and ours and state.clock != "external":
        sends = "the time of day" if state.clock == "wall" else "a simulated time"
        raise Misconfigured(
            f"this hub's clock sends {sends}, and the simulation would send another time; "
            "start the hub with `groupage up --clock external`, or use --pace real"
        )
