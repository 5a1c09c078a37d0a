#!/usr/bin/env bash
# Makes the environment of `make install`. Needs Python 3.11+ with venv and pip, and nothing else.
# Each thing that may be missing on a bare machine ends in one line that says what to do.
set -euo pipefail

VENV="${VENV:-.venv}"
NEEDED_MIB="${GROUPAGE_INSTALL_NEEDED_MIB:-1500}" # 800 MiB environment and what pip unpacks on the way
LOG="$(mktemp "${TMPDIR:-/tmp}/groupage-install.XXXXXX")"

fail() {
    printf '\ngroupage cannot be installed: %s\n' "$1" >&2
    printf '  what to do: %s\n' "$2" >&2
    exit 1
}

new_enough() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3.14 python; do
        if new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer on the path (python3 is $(python3 --version 2>/dev/null || echo missing))" \
        "install one (Debian/Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.12) or name it: make install PYTHON=/path/to/python3"
}

check_disk() {
    local free_mib
    free_mib="$(df -Pk "$(dirname "$VENV")" | awk 'NR == 2 {print int($4 / 1024)}')"
    if [ "$free_mib" -lt "$NEEDED_MIB" ]; then
        fail "only $free_mib MiB are free here, $NEEDED_MIB MiB are needed" \
            "free some space on the disk that holds $VENV, or put the environment elsewhere: make install VENV=/other/disk/groupage"
    fi
}

make_venv() {
    local python="$1"
    "$python" -c 'import venv, ensurepip' >/dev/null 2>&1 ||
        fail "$python has no venv module" \
            "install it (Debian/Ubuntu: apt install $("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'))"
    if [ -d "$VENV" ] && ! new_enough "$VENV/bin/python"; then
        rm -rf "$VENV" # made by an older or vanished Python, or by an install that was cut off
    fi
    [ -d "$VENV" ] || "$python" -m venv "$VENV" ||
        fail "$python could not make a virtual environment in $VENV" "read the message above; is the folder writable?"
    # Cut off between the folder and its pip.
    "$VENV/bin/python" -m pip --version >/dev/null 2>&1 || "$VENV/bin/python" -m ensurepip >/dev/null
}

explain_pip_failure() {
    # Most specific first: a disk that fills up also prints messages about broken downloads.
    if grep -q 'No space left on device' "$LOG"; then
        fail "the disk is full" "free $NEEDED_MIB MiB, then run make install again: it goes on where it stopped"
    elif grep -q 'DO NOT MATCH THE HASHES' "$LOG"; then
        fail "a downloaded package is not the one that was locked" \
            "run make install again; if it stays so, the package mirror in use changes files: ask whoever runs it"
    elif grep -qE 'NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|name resolution|NameResolution|Network is unreachable' "$LOG"; then
        fail "the Python package index could not be reached" \
            "check the network, or set HTTPS_PROXY or PIP_INDEX_URL to what your network offers, then run make install again"
    elif grep -q 'No matching distribution' "$LOG"; then
        fail "a package has no build for this Python or platform ($("$VENV/bin/python" -VV | head -1), $(uname -sm))" \
            "use Python 3.11, 3.12 or 3.13 on Linux x86-64 or macOS: make clean install PYTHON=python3.12"
    elif grep -q 'Permission denied' "$LOG"; then
        fail "$VENV cannot be written" \
            "make it yours, or put the environment elsewhere: make install VENV=/your/folder/groupage"
    fi
    fail "pip stopped with the message above" "the whole log is $LOG"
}

pip_install() {
    "$VENV/bin/python" -m pip --disable-pip-version-check --log "$LOG" install --retries 2 "$@" ||
        explain_pip_failure
}

python="$(find_python)"
printf 'groupage: environment in %s, made by %s\n' "$VENV" "$("$python" --version)"
check_disk
make_venv "$python"
pip_install --require-hashes -r requirements.lock
pip_install --quiet --no-deps --no-build-isolation -e .
"$VENV/bin/python" -c 'import groupage' || explain_pip_failure
rm -f "$LOG"
printf 'groupage: installed; %s/bin/groupage --help says what it can do\n' "$VENV"
