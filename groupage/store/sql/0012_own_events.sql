-- EPCIS events that the hub makes of its own facts stand beside those that were captured (groupage.store.own_events).
alter table captured_event add column own boolean not null default false;
-- How far the facts of each partition have become events. Derived like these: `groupage rebuild` derives it again.
create table own_event_offset (
    topic text not null, partition integer not null, next_offset bigint not null,
    form integer not null,                     -- of the mapping; the events of another one are made again
    primary key (topic, partition)
);
-- Facts from outside, and what dispatchers' commands caused, in the order of the log; their corrections by target.
create index fact_from_outside on fact (topic, partition, record_offset)
    where relayed_by is null or relayed_by = 'command';
create index fact_correction on fact (kind, key, correction_of)
    where correction_of is not null and (relayed_by is null or relayed_by = 'command');
