"""A demo that is left up: its clock ticks on, and its lanes plan as those of any hub."""

import asyncio
import signal
from pathlib import Path

from rich.console import Console

from groupage.app.demo.policy import REASON
from groupage.app.hub_time import time_text, use_zone_of
from groupage.app.local.hub import running_hub
from groupage.app.policies import Hub, adopt
from groupage.contracts.signing import hub_key_from
from groupage.domain.policy_file import load_policy
from groupage.settings import (
    ClockSettings,
    DatabaseSettings,
    HubSettings,
    KafkaSettings,
    TopicSettings,
)
from groupage.store.policies import hub_clock
from processors.operations.clock import simulated_clock

_LOOK_EVERY_S = 1.0


async def live_on(console: Console, home: Path, policy_file: Path | None) -> None:
    """Let the hub's time go on in real time, until SIGINT, SIGTERM or the end of the hub.

    The hub adopts the policy of the file, with which lanes plan without a round of a fast day.
    """
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    kafka, topics = KafkaSettings(), TopicSettings()
    hub = Hub(
        kafka=kafka,
        database=DatabaseSettings(),
        prefix=topics.prefix,
        hub_key=hub_key_from(HubSettings(), topics),
        wall_clock=False,
    )
    policy = load_policy(policy_file)
    use_zone_of(policy)
    if policy_file is not None:
        await adopt(hub, policy, by="groupage demo", reason=REASON)
    connection = await hub.connect()
    last_at = await hub_clock(connection)
    await connection.close()
    clock = simulated_clock(
        kafka, topics.prefix, hub.hub_key, tick_s=ClockSettings().tick_s, last_at=last_at
    )
    since = time_text(last_at) if last_at else "now"
    console.print(
        f"\nThe hub keeps running, and its time goes on from {since} in real time: date what you "
        "send by it (`status` shows it). Ctrl-C stops the hub.",
        highlight=False,
        soft_wrap=True,
    )
    ticking = asyncio.create_task(clock.keep_time(ended))
    try:
        while not ended.is_set():
            if running_hub(home) is None:
                log = home / "logs" / "supervisor.log"
                console.print(f"The hub has stopped, by `groupage down` or by an error: see {log}")
                return
            try:
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await ended.wait()
            except TimeoutError:
                continue
    finally:
        ended.set()
        await ticking
