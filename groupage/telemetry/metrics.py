"""Every Prometheus metric of groupage, in base units, with bounded labels.

A label never holds an id of a consignment, unit, container or plan: the number of time series
must not grow with the freight. ``processor``, ``topic``, ``partition``, ``stage``, ``reason``,
``container_type`` and ``outcome`` are all small closed sets.
"""

import platform

from prometheus_client import Counter, Gauge, Histogram, Info

from groupage import __version__

_FAST_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SOLVE_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 20.0, 30.0, 60.0, 120.0)
_RATIO = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0)
_GAP = (0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_BATCH = (1, 10, 50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 20_000)

BUILD = Info("groupage_build", "Version of groupage and of Python")

# --- processors ---------------------------------------------------------------------------------
EVENTS_CONSUMED = Counter(
    "groupage_events_consumed_total", "Records taken from Kafka", ["processor"]
)
EVENTS_APPLIED = Counter(
    "groupage_events_applied_total", "Events that changed a state", ["processor"]
)
STATES_DERIVED = Counter(
    "groupage_states_derived_total",
    "States of an older form that were derived again from their facts",
    ["processor"],
)
OLDER_STATES = Gauge(
    "groupage_states_of_older_forms",
    "States in this worker's partitions left to derive again, after an upgrade or a new policy",
    ["processor"],
)
EVENTS_DUPLICATE = Counter(
    "groupage_events_duplicate_total", "Events seen before and skipped", ["processor"]
)
EVENTS_DEAD_LETTERED = Counter(
    "groupage_events_dead_lettered_total", "Events sent to dead letters", ["processor", "reason"]
)
CONSUMER_LAG = Gauge(
    "groupage_consumer_lag_events",
    "Records in the log that are not in the state yet",
    ["processor", "topic", "partition"],
)
EVENT_TO_STATE_S = Histogram(
    "groupage_event_to_state_seconds",
    "From the record's time in Kafka to its committed state",
    ["processor"],
    buckets=_FAST_S,
)
BATCH_EVENTS = Histogram(
    "groupage_batch_events", "Records in one committed batch", ["processor"], buckets=_BATCH
)
COMMIT_S = Histogram(
    "groupage_commit_seconds", "One batch's transaction", ["processor"], buckets=_FAST_S
)
FENCED_BATCHES = Counter(
    "groupage_batches_fenced_total", "Batches dropped: the partition had moved", ["processor"]
)
LAST_COMMIT_AT = Gauge(
    "groupage_last_commit_timestamp_seconds", "When the last batch was committed", ["processor"]
)
OUTBOX_BACKLOG = Gauge("groupage_outbox_backlog_messages", "Committed and not yet published")
OUTBOX_PUBLISHED = Counter("groupage_outbox_published_total", "Published from the outbox")
CLOCK_TICKS = Counter("groupage_clock_ticks_total", "Ticks published")

# --- planner ------------------------------------------------------------------------------------
PLAN_REQUESTS = Counter("groupage_plan_requests_total", "Plan requests taken, by cause", ["cause"])
PLAN_OUTCOMES = Counter(
    "groupage_plan_outcomes_total",
    "Ended plan requests: certified, infeasible, refuted, failed, superseded",
    ["outcome"],
)
PLAN_REQUEST_TO_CERTIFIED_S = Histogram(
    "groupage_plan_request_to_certified_seconds",
    "From the plan request to its certified, stored plan",
    buckets=_SOLVE_S,
)
SOLVE_S = Histogram(
    "groupage_plan_solve_seconds", "One stage of one solve", ["stage"], buckets=_SOLVE_S
)
SOLVE_GAP_RATIO = Histogram(
    "groupage_plan_gap_ratio", "(cost - bound) / cost at the end", ["stage"], buckets=_GAP
)
SOLVER_DEATHS = Counter(
    "groupage_solver_deaths_total", "Solver processes that died or overran", ["cause"]
)
PLAN_AGE_S = Gauge("groupage_plan_age_seconds", "Age of the oldest plan in force")
FILL_RATIO = Histogram(
    "groupage_container_fill_ratio",
    "Planned volume of a container over its usable volume",
    ["container_type"],
    buckets=_RATIO,
)
CUTOFF_S = Gauge(
    "groupage_cutoff_seconds",
    "Seconds to the next cut-off of a consolidation that has not left (hub time), by kind",
    ["cutoff"],
)
CUTOFF_AT_RISK_S = Gauge(
    "groupage_cutoff_at_risk_seconds",
    "Seconds to the nearest cut-off that is at risk (hub time), by kind of cut-off",
    ["cutoff"],
)
CONSIGNMENTS_AT_RISK = Gauge(
    "groupage_consignments_at_risk", "Consignments at risk of missing a cut-off", ["cutoff"]
)

# --- subscriptions of EPCIS queries -------------------------------------------------------------
SUBSCRIPTIONS = Gauge(
    "groupage_subscriptions", "Subscriptions by state: active, failing, stopped", ["state"]
)
SUBSCRIPTION_DELIVERIES = Counter(
    "groupage_subscription_deliveries_total",
    "Deliveries to subscribers by outcome: delivered, failed; stopped: the hub gave one up",
    ["outcome"],
)

# --- EPCIS events of the hub's own facts ---------------------------------------------------------
OWN_EVENTS = Counter(
    "groupage_own_events_total", "EPCIS events that this process made of the hub's own facts"
)
OWN_EVENTS_LAG = Gauge(
    "groupage_own_events_lag_records",
    "Records that workers have taken in, and that are not looked at for EPCIS events yet",
)

# --- ingest -------------------------------------------------------------------------------------
GATEWAY_REQUESTS = Counter(
    "groupage_gateway_requests_total",
    "Requests by outcome: accepted, partly, invalid, too_large, limited, unavailable",
    ["outcome"],
)
GATEWAY_EVENTS = Counter(
    "groupage_gateway_events_total",
    "Events by outcome: accepted, quarantined, rejected",
    ["outcome"],
)
GATEWAY_REQUEST_S = Histogram(
    "groupage_gateway_request_seconds", "One request, Kafka's answer included", buckets=_FAST_S
)
PUBLISH_S = Histogram("groupage_publish_seconds", "From send to Kafka's answer", buckets=_FAST_S)
PUBLISH_FAILURES = Counter(
    "groupage_publish_failures_total", "Publications that ran out of their budget", ["reason"]
)

for _counter, _label, _values in (
    (PLAN_OUTCOMES, "outcome", ("certified", "infeasible", "refuted", "failed", "superseded")),
    (SOLVER_DEATHS, "cause", ("died", "overran")),
    (
        GATEWAY_REQUESTS,
        "outcome",
        ("accepted", "partly", "invalid", "too_large", "limited", "unavailable"),
    ),
):
    for _value in _values:
        # A series that begins with its first 1 never increased, in Prometheus' eyes: from zero on.
        _counter.labels(**{_label: _value})


def set_build_info() -> None:
    """Fill ``groupage_build_info``. Called by the telemetry server when it starts."""
    BUILD.info({"version": __version__, "python": platform.python_version()})
