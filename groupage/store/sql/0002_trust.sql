-- The hub's own records are signed from 0.3.0 on (groupage.contracts.signing).

-- The offsets before which such records are believed without a signature: what versions before 0.3.0 published.
-- null: not known yet; the first worker or planner after the upgrade notes where the log ends.
create table unsigned_log (
    topic text not null, partition integer not null, end_offset bigint,
    primary key (topic, partition)
);
insert into unsigned_log (topic, partition) select topic, partition from intake_offset;
-- The planner's topic, whose offsets are in Kafka.
insert into unsigned_log (topic, partition)
    select 'hub.planrequest.v1', number from generate_series(0, 7) as number where exists (select from intake_offset)
    on conflict do nothing;

-- Which secrets have signed, by fingerprint: a process with another secret must not start.
create table hub_secret (
    fingerprint text primary key, noted_at timestamptz not null default now()
);
