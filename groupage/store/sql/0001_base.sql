-- The schema of release 0.2.0. A released file is never edited: a change is the next file (docs/upgrading.md).
-- Everything here but plan and plan_request is derived from the Kafka log: `groupage rebuild` can derive it again.

-- Which of these files the database has; written by groupage.store.migrations.
create table schema_migration (
    number     integer primary key,
    name       text not null,
    checksum   text not null,                  -- SHA-256 of the file, in hex
    version    text not null,                  -- of the groupage that ran it
    applied_at timestamptz not null default now()
);

-- The form that the states of each aggregate kind are stored in (groupage.domain.state.forms).
create table state_form (
    kind       text primary key,
    form       integer not null,
    version    text not null,                  -- of the groupage that introduced it here
    derived_at timestamptz                     -- null: states of older forms may be left in the kind's table
);

-- One row for each fact of each aggregate. The same (source, event_id) under the same aggregate is the same fact.
create table fact (
    fact_id       uuid not null,               -- 16 bytes of BLAKE2b over aggregate kind, key, source, event id
    kind          text not null,               -- aggregate kind: consignment, unit, container ...
    key           text not null,               -- of the aggregate
    subject       text not null,               -- what it is about (a unit inside a consignment); equals key otherwise
    type          text not null,               -- event name without version
    source        text not null,
    event_id      text not null,
    occurred_at   timestamptz not null,        -- when it happened
    recorded_at   timestamptz not null,        -- when groupage received it
    topic         text not null,
    partition     integer not null,
    record_offset bigint not null,
    classifier    text not null,               -- ACT; plans and estimates are PLN, EST, REQ
    correction_of text,
    retracted     boolean not null default false,
    relayed_by    text,                        -- aggregate kind that published it; null: a sender outside
    traceparent   text,
    data          bytea not null,              -- the event in JSON as it was sent, unknown fields included
    original      bytea,                       -- the foreign document it was mapped from
    primary key (kind, key, fact_id)           -- an aggregate's facts lie together
);
create index fact_subject on fact (subject) where subject <> key;

-- States. `body` is the JSON of a struct of groupage.domain.state, in Zstandard when large (groupage.store.state_codec);
-- `form` numbers its shape. The columns after `body` are query columns (groupage.domain.state.columns).
create table consignment (
    key text primary key, partition integer not null, revision bigint not null, changed_at timestamptz not null,
    deadline_at timestamptz, form integer not null, body bytea not null,
    status text not null, customs text not null, blocked boolean not null, lane_id text not null, shipper text not null,
    consignee text not null, mode text not null, consolidation_id text, voyage_id text,
    pieces bigint not null, received_pieces bigint not null, measured_pieces bigint not null, loaded_pieces bigint not null,
    volume_cm3 bigint not null, gross_g bigint not null
);
create index consignment_lane on consignment (lane_id, status);
create index consignment_consolidation on consignment (consolidation_id) where consolidation_id is not null;
create index consignment_deadline on consignment (partition, deadline_at) where deadline_at is not null;

create table unit (
    key text primary key, partition integer not null, revision bigint not null, changed_at timestamptz not null,
    deadline_at timestamptz, form integer not null, body bytea not null,
    status text not null, owner_id text, parent_id text, location text not null
);
create index unit_parent on unit (parent_id) where parent_id is not null;
create index unit_owner on unit (owner_id) where owner_id is not null;

create table container (
    key text primary key, partition integer not null, revision bigint not null, changed_at timestamptz not null,
    deadline_at timestamptz, form integer not null, body bytea not null,
    status text not null, iso_type text not null, consolidation_id text, seal_no text not null, vgm_g bigint
);
create table visit (
    key text primary key, partition integer not null, revision bigint not null, changed_at timestamptz not null,
    deadline_at timestamptz, form integer not null, body bytea not null
);
create table declaration (
    key text primary key, partition integer not null, revision bigint not null, changed_at timestamptz not null,
    deadline_at timestamptz, form integer not null, body bytea not null,
    status text not null, mode text not null
);
create table voyage (
    key text primary key, partition integer not null, revision bigint not null, changed_at timestamptz not null,
    deadline_at timestamptz, form integer not null, body bytea not null,
    status text not null, lane_id text not null, etd_at timestamptz, lco_at timestamptz
);
create index voyage_lane on voyage (lane_id, etd_at);
create table consolidation (
    key text primary key, partition integer not null, revision bigint not null, changed_at timestamptz not null,
    deadline_at timestamptz, form integer not null, body bytea not null,
    status text not null, lane_id text not null, voyage_id text not null, iso_type text not null, equipment_ref text not null,
    members bigint not null, planned_volume_cm3 bigint not null, loaded_volume_cm3 bigint not null, gross_g bigint not null,
    next_cutoff text not null, next_cutoff_at timestamptz, departed_at timestamptz
);
create index consolidation_lane on consolidation (lane_id, status);
create index consolidation_deadline on consolidation (partition, deadline_at) where deadline_at is not null;
create table lane (
    key text primary key, partition integer not null, revision bigint not null, changed_at timestamptz not null,
    deadline_at timestamptz, form integer not null, body bytea not null,
    published_plan_id text, sequence bigint not null
);
create index lane_deadline on lane (partition, deadline_at) where deadline_at is not null;
create table command (
    key text primary key, partition integer not null, revision bigint not null, changed_at timestamptz not null,
    deadline_at timestamptz, form integer not null, body bytea not null
);

-- Bodies are compressed already where it pays.
alter table consignment alter body set storage external;
alter table unit alter body set storage external;
alter table container alter body set storage external;
alter table visit alter body set storage external;
alter table declaration alter body set storage external;
alter table voyage alter body set storage external;
alter table consolidation alter body set storage external;
alter table lane alter body set storage external;
alter table command alter body set storage external;

-- The next offset of each partition. A worker advances it by compare-and-set in the transaction that writes a batch: the fence.
create table intake_offset (
    topic text not null, partition integer not null, next_offset bigint not null, clock_at timestamptz,
    primary key (topic, partition)
);

-- Messages for other aggregates; the relay publishes in order of outbox_id within an origin, then deletes. `headers` are a
-- MessagePack array of [name, value] pairs, here and in dead_letter; `value` is the Kafka record's.
create table outbox (
    outbox_id bigint generated always as identity primary key,
    origin_topic text not null, origin_partition integer not null,
    topic text not null, key text not null, headers bytea not null, value bytea not null
);
create index outbox_origin on outbox (origin_topic, origin_partition, outbox_id);

create table dead_letter (
    letter_id uuid primary key,                -- from topic, partition, offset and code: the same record gives the same id
    at timestamptz not null, topic text not null, partition integer not null, record_offset bigint not null,
    code text not null, reason text not null,  -- one of a closed set; for people
    type text not null, source text not null, event_id text not null, key text not null,
    headers bytea not null, value bytea not null,
    fact_id uuid,                              -- the rejected event's; null: the record could not be decoded
    replayed_at timestamptz, replayed_partition integer, replayed_offset bigint, -- when and where it was replayed
    settled_at timestamptz,                    -- null: it is open
    settled_as text check (settled_as in ('legal', 'withdrawn', 'other_reason', 'taken_in'))
);
create index dead_letter_at on dead_letter (at);
create index dead_letter_place on dead_letter (topic, partition, record_offset);
create index dead_letter_fact on dead_letter (fact_id) where fact_id is not null;
create index dead_letter_replayed on dead_letter (topic, replayed_partition, replayed_offset)
    where replayed_offset is not null and settled_at is null;

create table alert (
    alert_id text primary key, about text not null, about_kind text not null, code text not null, severity text not null,
    message text not null, due_at timestamptz, raised_at timestamptz not null, cleared_at timestamptz
);
create index alert_open on alert (about_kind, code) where cleared_at is null;

-- Plans are decisions, not derived data: a rebuild keeps them.
create table plan (
    plan_id text primary key, request_id text not null unique, lane_id text not null, sequence integer not null,
    decided_at timestamptz not null, stored_at timestamptz not null default now(),
    containers integer not null, consignments integer not null, left_out integer not null,
    cost_minor bigint not null, bound_minor bigint not null, gap_ratio double precision not null,
    form integer not null,                     -- shape of the two JSON documents (groupage.store.plan_codec)
    body bytea not null,                       -- Plan as JSON, zlib
    instance bytea not null                    -- Instance as JSON, zlib: from it the plan can be solved and verified again
);
create index plan_lane on plan (lane_id, sequence desc);
create table plan_request (
    request_id text primary key, lane_id text not null, sequence integer not null, asked_at timestamptz not null,
    state text not null check (state in ('running', 'planned', 'failed', 'superseded')),
    attempts integer not null default 0, detail text not null default '', updated_at timestamptz not null default now()
);
