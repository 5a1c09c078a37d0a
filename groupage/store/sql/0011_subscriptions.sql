-- Webhook subscriptions of named queries. No log has them: `groupage rebuild` leaves this table alone. The places are
-- offsets of the log, which a rebuild does not change.
create table subscription (
    subscription_id     uuid primary key default gen_random_uuid(),
    query_name          text collate "C" not null references named_query on delete cascade,
    dest                text not null,                -- URL; may hold a secret in its query
    signature_token     text,                         -- the secret with which deliveries are signed; null: they are not
    schedule            bytea,                        -- its fields as JSON; null: each event at once (stream)
    report_if_empty     boolean not null,
    initial_record_time timestamptz,                  -- events recorded before are not delivered; null: see places
    created_at          timestamptz not null default now(),
    places              bytea not null,               -- MessagePack: behind which event of each partition it is
    due_at              timestamptz,                  -- of a schedule: the next run
    executed_at         timestamptz,                  -- the last run that was delivered
    last_notified_at    timestamptz,                  -- the receiver confirmed a delivery
    delivered           bigint not null default 0,    -- events that the receiver confirmed
    -- The batch that is being delivered. It is stored before the first attempt, so that each further attempt, also by
    -- another process, sends the same bytes under the same id. Null: none is.
    batch_id            uuid,
    batch_made_at       timestamptz,
    batch_events        uuid[],                       -- captured ids in their order
    batch_places        bytea,                        -- where the subscription is behind the batch
    batch_due_at        timestamptz,                  -- the next run, if the batch ends one
    -- The receiver's failures since its last confirmation.
    failures            integer not null default 0,
    failing_since       timestamptz,
    last_error          text not null default '',
    batch_events_max    integer,                      -- the receiver took no larger batch (413)
    stopped_at          timestamptz,
    stop_reason         text not null default ''
);
create index subscription_query on subscription (query_name, created_at, subscription_id);
