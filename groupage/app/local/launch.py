"""Become another program that ends with its parent, and give up root for one that must not have it.

``python -m groupage.app.local.launch --signal N [--parent PID] [--ordinary-user] -- PROGRAM ...``

The process keeps its id: what the caller started is what runs. Standard library only, because
every child passes through here.
"""

import argparse
import ctypes
import os
import pwd
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
CANNOT_LAUNCH = 126


def end_with_parent(parent_pid: int, death_signal: int) -> None:
    """Ask Linux to send ``death_signal`` when the parent ends; do nothing elsewhere.

    Elsewhere the next start finds and ends the orphans.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent_pid:  # the parent died before the line above
        sys.exit(CANNOT_LAUNCH)


def leave_root() -> None:
    """Give up root, for PostgreSQL, which refuses to run as root. Do nothing without root.

    In a user namespace root's own files appear as an ordinary account's: nothing changes hands
    and no permission is widened. Where namespaces are forbidden (some containers), the process
    becomes ``nobody``, and :func:`groupage.app.local.postgres.hand_over` has prepared the folders.
    """
    if os.geteuid() != 0:
        return
    account = pwd.getpwnam("nobody")
    if not _enter_user_namespace(account.pw_uid, account.pw_gid):
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        os.environ["HOME"] = "/"


def _enter_user_namespace(uid: int, gid: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    outer_gid = os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER) != 0:
        return False
    try:
        for name, text in (
            ("setgroups", "deny"),
            ("gid_map", f"{gid} {outer_gid} 1"),
            ("uid_map", f"{uid} 0 1"),
        ):
            Path(f"/proc/self/{name}").write_text(text, encoding="ascii")
    except OSError:
        return False
    return True


def can_enter_user_namespace() -> bool:
    """Return whether :func:`leave_root` will get a user namespace; a forked process tries."""
    pid = os.fork()
    if pid == 0:
        account = pwd.getpwnam("nobody")
        os._exit(0 if _enter_user_namespace(account.pw_uid, account.pw_gid) else 1)
    return os.waitpid(pid, 0)[1] == 0


def main(arguments: list[str] | None = None) -> None:
    """Prepare this process as asked, then become the program."""
    parser = argparse.ArgumentParser(prog="groupage.app.local.launch")
    parser.add_argument("--parent", type=int)
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--ordinary-user", action="store_true")
    parser.add_argument("program", nargs="+")
    asked = parser.parse_args(arguments)
    if asked.ordinary_user:
        leave_root()
    # Last: a change of user clears the death signal.
    if asked.parent:
        end_with_parent(asked.parent, asked.signal)
    try:
        os.execvp(asked.program[0], asked.program)  # noqa: S606 - no shell is the point
    except OSError as error:
        sys.stderr.write(f"{asked.program[0]} cannot be started: {error.strerror}\n")
        sys.exit(CANNOT_LAUNCH)


if __name__ == "__main__":
    main()
