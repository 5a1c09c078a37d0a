"""``groupage simulate``: play a hub's day to Kafka, HTTP or a file."""

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer
from rich.console import Console

from groupage.domain.errors import InvalidInput, Misconfigured

if TYPE_CHECKING:
    from groupage.settings import KafkaSettings
    from producers.simulator.parameters import Parameters
    from producers.simulator.play import Player
    from producers.simulator.simulation import Simulation

To = Literal["kafka", "http", "file"]
_HUB_OFFSET = timedelta(hours=8)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def simulate(  # noqa: PLR0913 - the options of a command
    *,
    scale: Annotated[str, typer.Option(help="small, t0 or t1-hour.")] = "small",
    seed: Annotated[int, typer.Option(help="0 to 9999; the same seed, the same day.")] = 1,
    to: Annotated[str, typer.Option(help="kafka, http or file.")] = "kafka",
    out: Annotated[
        Path, typer.Option(help="With --to file: JSON Lines, one CloudEvent each.")
    ] = Path("facts.jsonl"),
    pace: Annotated[
        str,
        typer.Option(help="real: as on the wall; fast: as the hub keeps up; max: do not wait."),
    ] = "fast",
    plans: Annotated[
        Path | None,
        typer.Option(help="With --to file: facts of the plan topic, JSON Lines, to stuff by."),
    ] = None,
    day: Annotated[
        str, typer.Option(help="First day with cut-offs, YYYY-MM-DD in the hub's zone.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The outcome as JSON.")] = False,
) -> None:
    """Play a day of a hub: bookings, arrivals, customs, plans followed, containers out.

    Plans are learnt from the topics alone. To a file nobody answers: without --plans the cargo
    comes in and stays. Over HTTP the facts go to the gateway; ticks and plans still use Kafka.
    """
    from producers.simulator.parameters import (  # noqa: PLC0415 - `--help` needs none of it
        parameters_for,
    )

    if to not in ("kafka", "http", "file"):
        raise InvalidInput(f"--to is {to!r}; it can be kafka, http or file")
    if pace not in ("real", "fast", "max"):
        raise InvalidInput(f"--pace is {pace!r}; it can be real, fast or max")
    parameters = parameters_for(scale, seed=seed, day_at=_day_at(day, pace))
    if to == "http" and pace != "real":
        # The gateway writes down when it heard of a fact: years after, for a day of the past. So
        # nobody could tell a device whose clock runs ahead.
        rates = msgspec.structs.replace(parameters.rates, wrong_clock=0.0)
        parameters = msgspec.structs.replace(parameters, rates=rates)
    report = asyncio.run(_play(parameters, to=to, out=out, pace=pace, plans=plans))
    console = Console()
    if as_json:
        console.print_json(json.dumps(report))
    else:
        for name, value in report.items():
            console.print(f"{name}: {value}", highlight=False, soft_wrap=True)


def _day_at(day: str, pace: str) -> datetime:
    """Midnight of the day in the hub's zone; in real time the day after today."""
    from producers.simulator.parameters import DEFAULT_DAY_AT  # noqa: PLC0415

    if day:
        try:
            midnight = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            raise InvalidInput(f"--day is {day!r}; it is written like 2026-03-02") from None
        return midnight - _HUB_OFFSET
    if pace != "real":
        return DEFAULT_DAY_AT
    local = datetime.now(UTC) + _HUB_OFFSET
    today = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return today - _HUB_OFFSET + timedelta(days=1)


async def _play(
    parameters: "Parameters", *, to: str, out: Path, pace: str, plans: Path | None
) -> dict[str, object]:
    from producers.simulator.simulation import Simulation  # noqa: PLC0415

    simulation = Simulation(parameters)
    async with AsyncExitStack() as stack:
        if to == "file":
            player = await _to_file(simulation, stack, out=out, pace=pace, plans=plans)
        else:
            player = await _to_hub(simulation, stack, to=to, pace=pace)
        await player.play()
    outcome = msgspec.to_builtins(simulation.outcome())
    return {"facts": player.progress.facts, "gates_given_up": player.progress.gave_up, **outcome}


async def _to_file(
    simulation: "Simulation",
    stack: AsyncExitStack,
    *,
    out: Path,
    pace: str,
    plans: Path | None,
) -> "Player":
    from producers.simulator.play import HubLink, Player  # noqa: PLC0415
    from producers.simulator.recorded import RecordedPlans  # noqa: PLC0415
    from producers.simulator.sinks import FileSink  # noqa: PLC0415

    sink = await stack.enter_async_context(FileSink(out))
    recorded = RecordedPlans(plans) if plans else None
    return Player(
        simulation,
        sink,
        pace="real" if pace == "real" else "max",
        hub=HubLink(
            drain=(lambda: recorded.until(simulation.now)) if recorded else None, waits=False
        ),
    )


async def _to_hub(
    simulation: "Simulation", stack: AsyncExitStack, *, to: str, pace: str
) -> "Player":
    """The facts to Kafka or to the gateway; ticks in all paces but the real one."""
    from groupage.demo.backlog import hub_backlog  # noqa: PLC0415
    from groupage.settings import KafkaSettings, TopicSettings  # noqa: PLC0415
    from producers.simulator.feedback import Feedback  # noqa: PLC0415
    from producers.simulator.http import HttpSink  # noqa: PLC0415
    from producers.simulator.play import HubLink, Player  # noqa: PLC0415
    from producers.simulator.sinks import KafkaSink, Sink, Ticker  # noqa: PLC0415

    kafka, prefix = KafkaSettings(), TopicSettings().prefix
    if pace != "real":
        _require_our_clock(kafka)
    sink: Sink = HttpSink.configured() if to == "http" else KafkaSink(kafka, prefix=prefix)
    await stack.enter_async_context(sink)
    feedback = await stack.enter_async_context(Feedback(kafka, prefix=prefix))
    ticker = None
    if pace != "real":
        ticker = await stack.enter_async_context(Ticker(kafka, prefix=prefix))
    return Player(
        simulation,
        sink,
        pace=pace,  # type: ignore[arg-type]  # checked above
        hub=HubLink(
            tick=ticker.tick if ticker else None,
            drain=feedback.drain,
            backlog=await hub_backlog(stack, kafka, prefix=prefix),
        ),
    )


def _require_our_clock(kafka: "KafkaSettings") -> None:
    """Two clocks in one log would tear every deadline. Only a hub of this machine can be asked."""
    from groupage.local.hub import running_hub  # noqa: PLC0415
    from groupage.settings import LocalSettings  # noqa: PLC0415

    state = running_hub(LocalSettings().data_dir)
    ours = state is not None and state.kafka_bootstrap_servers == kafka.bootstrap_servers
    if state is not None and ours and state.clock == "wall":
        raise Misconfigured(
            "this hub's clock goes with the wall, and the simulation would send another time; "
            "start the hub with `groupage up --clock external`, or use --pace real"
        )
