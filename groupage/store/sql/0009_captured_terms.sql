-- By what a captured event can be asked for (groupage.contracts.captured_terms); null: not derived yet. The step of
-- this migration and each rebuild derive the terms of events that SQL adopted from older versions.
alter table captured_event add column terms uuid[];
create index captured_event_terms on captured_event using gin (terms);
create index captured_event_without_terms on captured_event (captured_id) where terms is null;

create or replace function adopt_older_captures() returns void language sql as $$
    insert into captured_event as old
    select distinct on (captured_id(id[1], declared))
        captured_id(id[1], declared), id[1], declared, occurred_at, recorded_at, topic, partition, record_offset,
        'json', null, original, null
    from fact,
        regexp_match(event_id, '^(.+)#[0-9]+(~error)?(/.*)?$') as id,
        lateral (select case when id[2] is null then '' else 'older' end as declared) as declaration
    where source = '/epcis' and original is not null and id is not null and length(id[1]) <= 2000
    order by captured_id(id[1], declared), recorded_at, topic, partition, record_offset
    on conflict (captured_id) do update set
        event_time = excluded.event_time, captured_at = excluded.captured_at, topic = excluded.topic,
        partition = excluded.partition, record_offset = excluded.record_offset, format = excluded.format,
        context = excluded.context, body = excluded.body, terms = null
$$;
