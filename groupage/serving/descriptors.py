"""File descriptors: each connection takes one, and a soft limit of 1,024 is soon reached."""

import asyncio
import errno
import os
import resource

import structlog

_RESERVED = 64
"""Descriptors for logs, Kafka, PostgreSQL and what the interpreter opens."""
_CONNECTIONS_MIN = 8
_LOOK_EVERY_S = 1.0
_TELL_EVERY_S = 60.0
_FALLBACK = 10_240
"""macOS names no hard limit and takes no more than this (OPEN_MAX)."""

log = structlog.get_logger(__name__)


def raise_descriptor_limit() -> int:
    """Raise the soft limit of this process to its hard limit, and log it; return the limit.

    Children inherit it. Only programs that call select() need a low limit; ours use epoll.
    """
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (hard, _FALLBACK):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        except (ValueError, OSError):
            continue
        break
    after = descriptors_max()
    log.info("descriptor_limit", limit=after, raised_from=before)
    return after


def descriptors_max() -> int:
    """Return the soft limit."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _FALLBACK if soft == resource.RLIM_INFINITY else soft


def connections_within(wanted: int) -> int:
    """Return how many connections a listener may hold: `wanted`, or what descriptors allow.

    A process has at most two listeners. A large one gets three fifths of the free descriptors: the
    other, for metrics, wants few.
    """
    free = max(0, descriptors_max() - _RESERVED)
    return max(_CONNECTIONS_MIN, min(wanted, free * 3 // 5))


async def watch_descriptors(*, look_every_s: float = _LOOK_EVERY_S) -> None:
    """Log once a minute while no descriptor is free: the event loop then drops connections.

    Nobody else tells: uvloop closes a connection for which it has no descriptor without an error.
    """
    loop = asyncio.get_running_loop()
    quiet_until_s = 0.0
    while True:
        await asyncio.sleep(look_every_s)
        if loop.time() >= quiet_until_s and not _can_open():
            quiet_until_s = loop.time() + _TELL_EVERY_S
            log.error(
                "descriptors_exhausted",
                limit=descriptors_max(),
                todo="raise the hard limit of open files (ulimit -Hn, LimitNOFILE)",
            )


def _can_open() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno not in {errno.EMFILE, errno.ENFILE}
    return True
