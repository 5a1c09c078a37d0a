-- Which aggregates have facts from outside, or of dispatchers' commands, in a range of 1,024 offsets of a partition: whoever
-- reads facts in the order of the log finds them so (groupage.store.aggregates_by_offset). An index on table fact took an
-- entry for each fact, in the transaction of a worker's batch.
create table aggregates_by_offset (
    topic text not null, partition integer not null,
    offset_range bigint not null,              -- record_offset / 1024
    last_offset bigint not null,               -- of the records that the row is about
    facts integer not null,                    -- how many at most; of a batch in several ranges, in the row of the last one
    body bytea not null                        -- JSON: [["kind", ["key" ...]] ...]; some may have no such fact in the range
);
-- Several batches may write rows of a range.
create index aggregates_by_offset_range on aggregates_by_offset (topic, partition, offset_range, last_offset);
insert into aggregates_by_offset
select topic, partition, offset_range, max(last_offset), sum(facts),
    convert_to(json_agg(json_build_array(kind, keys))::text, 'UTF8')
from (
    select topic, partition, record_offset / 1024 as offset_range, kind, max(record_offset) as last_offset,
        count(*) as facts, json_agg(distinct key) as keys
    from fact where relayed_by is null or relayed_by = 'command'
    group by topic, partition, record_offset / 1024, kind
) as by_kind
group by topic, partition, offset_range;
drop index fact_from_outside;
