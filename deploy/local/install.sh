#!/usr/bin/env bash
# Makes the environment of `make install` from a lock file (default: requirements.lock, what runs the
# hub). Needs Python 3.11+ with venv and pip, and nothing else. Each thing that may be missing on a
# bare machine ends in one line that says what to do.
set -euo pipefail

LOCK="${1:-requirements.lock}"
VENV="${VENV:-.venv}"
# The environment (780 MiB to run, 930 MiB to develop) and what pip unpacks on the way.
NEEDED_MIB="${GROUPAGE_INSTALL_NEEDED_MIB:-1500}"
LOG="$(mktemp "${TMPDIR:-/tmp}/groupage-install.XXXXXX")"

# Prints, for any Python from 2.7 on: its version, whether it is new enough, whether it can make an
# environment, and whether it was compiled with profile-guided optimisation. A distribution's own
# Python (below /usr) is, though Debian's does not say so.
PROBE='
import sys, sysconfig
arguments = sysconfig.get_config_var("CONFIG_ARGS") or ""
fast = "--enable-optimizations" in arguments or "--prefix=/usr\x27" in arguments
try:
    import ensurepip, venv
    makes = "venv"
except ImportError:
    makes = "no-venv"
print("%d.%d.%d %s %s %s" % (
    sys.version_info[:3]
    + ("new" if sys.version_info >= (3, 11) else "old", makes, "fast" if fast else "plain")))
'

fail() {
    printf '\ngroupage cannot be installed: %s\n' "$1" >&2
    printf '  what to do: %s\n' "$2" >&2
    exit 1
}

probe() {
    [ -x "$1" ] && "$1" -c "$PROBE" 2>/dev/null
}

# Paths of the Pythons on the path, those that people usually mean first.
candidates() {
    local name folder
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" || true
        return
    fi
    for name in python3 python3.13 python3.12 python3.11 python3.14 python; do
        while IFS= read -r -d : folder; do
            [ ! -x "$folder/$name" ] || printf '%s\n' "$folder/$name"
        done <<<"$PATH:"
    done
}

# Sets python and python_facts: the first fast one that can make an environment, else the first that
# can, else the first that is new enough.
find_python() {
    local candidate facts rank best=0
    while IFS= read -r candidate; do
        facts="$(probe "$candidate")" || continue
        case "$facts" in
        *" new venv fast") rank=3 ;;
        *" new venv plain") rank=2 ;;
        *" new no-venv "*) rank=1 ;;
        *) continue ;;
        esac
        if [ "$rank" -gt "$best" ]; then
            best="$rank" python="$candidate" python_facts="$facts"
        fi
        [ "$best" -lt 3 ] || break
    done < <(candidates)
    [ "$best" -gt 0 ] ||
        fail "no Python 3.11 or newer on the path (python3 is $("${PYTHON:-python3}" --version 2>/dev/null || echo missing))" \
            "install one (Debian/Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.12) or name it: make install PYTHON=/path/to/python3"
    [ "$best" -gt 1 ] ||
        fail "$python has no venv module" \
            "install it (Debian/Ubuntu: apt install python${python_facts%.* *}-venv)"
}

describe_python() {
    local version="${python_facts%% *}" why
    case "$python_facts" in
    *fast) why="compiled with profile-guided optimisation" ;;
    *) why="compiled without profile-guided optimisation, which takes a third longer; name another by PYTHON=" ;;
    esac
    [ -z "${PYTHON:-}" ] || why="named by PYTHON, $why"
    printf 'groupage: environment in %s, made by Python %s (%s: %s)\n' "$VENV" "$version" "$python" "$why"
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
    case "$(probe "$VENV/bin/python")" in
    *" new "*) ;;
    *)
        # Made by an older or vanished Python, or by an install that was cut off; never a folder that
        # is something else.
        [ ! -e "$VENV/pyvenv.cfg" ] || rm -rf "$VENV"
        find_python
        describe_python
        check_disk
        "$python" -m venv "$VENV" ||
            fail "$python could not make a virtual environment in $VENV" "read the message above; is the folder writable?"
        ;;
    esac
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

make_venv
pip_install --require-hashes -r "$LOCK"
pip_install --quiet --no-deps --no-build-isolation -e .
"$VENV/bin/python" -c 'import groupage' || explain_pip_failure
"$VENV/bin/python" -m optimizer.loading.kernel.warm_up ||
    printf 'groupage: the search for loadings could not be compiled; its first run tries again\n' >&2
rm -f "$LOG"
printf 'groupage: installed from %s; %s/bin/groupage --help says what it can do\n' "$LOCK" "$VENV"
