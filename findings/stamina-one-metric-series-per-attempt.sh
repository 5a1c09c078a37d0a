#!/usr/bin/env bash
# stamina's Prometheus hook makes a time series for every attempt number.
#
# Seen on 2026-11-30 with stamina 26.1.0, prometheus-client 0.26.0, Python 3.11.7 on Linux x86-64.
#
# Behaviour: once prometheus-client is installed, stamina counts retries in `stamina_retries_total`
# with the label `retry_num`. A caller that retries without a limit (attempts=None, timeout=None),
# as a service does that waits for its broker, adds a series with each attempt: 60 failures of one
# call give 60 series, and 60 more at the next outage if that lasts longer.
#
# Output seen:
#   stamina 26.1.0: 60 failed attempts of one call made 60 series of stamina_retries_total
#   labels: callable, error_type, retry_num
#
# Why a hub cares: a broker that is away for a night at a back-off of five seconds leaves thousands of
# series in every process and in Prometheus, where a label is expected to have few values. Keep the
# hook off (stamina.instrumentation.set_on_retry_hooks) or count retries without the number.
#
# Exits 0 while this is so, 1 when it has changed.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check stamina==26.1.0 prometheus-client==0.26.0
"$folder/venv/bin/python" - <<'PYTHON'
import logging
import sys
from importlib.metadata import version

import prometheus_client
import stamina

logging.disable(logging.CRITICAL)
FAILURES = 60
calls = 0


@stamina.retry(on=ConnectionError, attempts=None, timeout=None, wait_initial=0, wait_max=0, wait_jitter=0)
def connect() -> None:
    global calls
    calls += 1
    if calls <= FAILURES:
        raise ConnectionError("broker away")


connect()
samples = [
    sample
    for metric in prometheus_client.REGISTRY.collect()
    for sample in metric.samples
    if sample.name == "stamina_retries_total"
]
print(
    f"stamina {version('stamina')}: {FAILURES} failed attempts of one call made {len(samples)} series "
    "of stamina_retries_total"
)
print("labels:", ", ".join(sorted(samples[0].labels)) if samples else "none")
sys.exit(len(samples) != FAILURES)
PYTHON
