-- GS1's named queries. They belong to clients, and no log has them: `groupage rebuild` leaves this table alone.
create table named_query (
    name       text collate "C" primary key,
    query      bytea not null,                       -- the parameters, a JSON object, as the client wrote it
    created_at timestamptz not null default now()
);
-- A follower of a query reads each partition by its offsets: workers commit partitions independently.
create index captured_event_log on captured_event (topic, partition, record_offset, captured_id);
