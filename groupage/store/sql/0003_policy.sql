-- Policies that the hub adopted, in the order of hub.policy.v1. Derived from the log, like states.
create table policy (
    number       integer primary key,          -- 0: the first; how often the policy had changed
    digest       text not null,                -- BLAKE2b of the policy's JSON, in hex
    effective_at timestamptz not null,         -- the first policy also counts before
    adopted_at   timestamptz not null,
    adopted_by   text not null,
    reason       text not null,
    event        bytea not null                -- policy.adopted in JSON as it lies in the log
);

-- How often the policy had changed when a state was derived: workers derive older ones again.
alter table consignment add policy integer not null default 0;
alter table unit add policy integer not null default 0;
alter table container add policy integer not null default 0;
alter table visit add policy integer not null default 0;
alter table declaration add policy integer not null default 0;
alter table voyage add policy integer not null default 0;
alter table consolidation add policy integer not null default 0;
alter table lane add policy integer not null default 0;
alter table command add policy integer not null default 0;
