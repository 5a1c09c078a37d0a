"""Profiles: the answers for a shipper's form, remembered in a TOML file, one for each form.

A profile holds for the form that it was saved from. It knows the form by the header of each column
and the cell where this stands; a list whose form differs is refused, with the differences.
"""

import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from groupage.domain.errors import InvalidInput
from producers.packing_lists.jobs import ANSWERED
from producers.packing_lists.model import PackingList

_NAME = re.compile(r"\w[\w.-]{0,63}")
_BYTES_MAX = 2**20
_DIFFERENCES_SHOWN = 8
OF_A_FORM = ("shipper", "consignee", "pol", "mode", "currency")
"""Options that a call with --save remembers. Others are about one list: a port of discharge that a
later list does not name must not be that of an earlier one. Who wants them writes them in."""
OF_A_LIST = frozenset(("dangerous", "consignments", "consignment_id", "pod", "ready_at"))
"""Answers that are not remembered for the same reason."""
_HEAD = """\
# Answers for one form of packing lists; groupage import packing-list --profile {name} uses them.
# [answers] answers questions by their keys. [options] stands for the command's options.
# [form] says which form the answers are for: the header of each column by its cell.
"""


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Answers and options for a form."""

    answers: dict[str, str] = {}
    options: dict[str, str] = {}
    form: dict[str, str] = {}
    """Header text by header cell; empty: any form."""


def form_of(packing_list: PackingList) -> dict[str, str]:
    """Return the fingerprint of a list's form: the header of each column by its cell."""
    return {
        column.cell: " ".join(column.header.split())
        for column in sorted(packing_list.columns, key=lambda each: (len(each.cell), each.cell))
    }


def load_profile(folder: Path, name: str) -> Profile:
    """Read a profile. Raises InvalidInput if there is none, or the file is wrong."""
    path = _path(folder, name)
    try:
        if path.stat().st_size > _BYTES_MAX:
            raise InvalidInput(f"{path} is too large for a profile: {_BYTES_MAX} bytes at most")
        found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        profile = msgspec.convert(found, Profile)
    except FileNotFoundError:
        known = ", ".join(sorted(each.stem for each in folder.glob("*.toml"))[:20]) or "none"
        raise InvalidInput(
            f"no profile {name!r} in {folder}; profiles there: {known}. Save one with --save"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidInput(f"{path}: {error}") from error
    if unknown := sorted(profile.options.keys() - set(ANSWERED)):
        raise InvalidInput(f"{path}: unknown options {', '.join(unknown)}")
    return profile


def save_profile(
    folder: Path,
    name: str,
    packing_list: PackingList,
    *,
    answers: Mapping[str, str],
    options: Mapping[str, str],
) -> Path:
    """Write a profile for the form of a list, in place of an older one; return its path."""
    path = _path(folder, name)
    profile = Profile(
        answers={key: answer for key, answer in answers.items() if key not in OF_A_LIST},
        options={field: value for field, value in options.items() if field in OF_A_FORM},
        form=form_of(packing_list),
    )
    text = _HEAD.format(name=name) + tomli_w.dumps(msgspec.to_builtins(profile))
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".profile-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).replace(path)
    return path


def require_same_form(profile: Profile, packing_list: PackingList, name: str) -> None:
    """Refuse a list whose form is not the profile's. Raises InvalidInput with the differences."""
    if profile.form and (changes := _differences(profile.form, form_of(packing_list))):
        more = len(changes) - _DIFFERENCES_SHOWN
        shown = "; ".join(changes[:_DIFFERENCES_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        raise InvalidInput(
            f"profile {name!r} is for another form: {shown}. Import the list without the profile, "
            "answer its questions, and save the profile again"
        )


def _differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    changes = []
    for cell in dict.fromkeys((*before, *now)):
        was, is_now = before.get(cell), now.get(cell)
        if was == is_now:
            continue
        if was is None:
            changes.append(f"{cell} {is_now!r} is new")
        elif is_now is None:
            changes.append(f"{cell} {was!r} is missing")
        else:
            changes.append(f"{cell} was {was!r} and is {is_now!r}")
    return changes


def _path(folder: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is not a name for a profile; expected a-z, 0-9, '_', '.', '-', 64 at most"
        )
    return folder / f"{name}.toml"
