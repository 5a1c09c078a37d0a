-- EPCIS events as they came, for queries. Derived from hub.capture.v1: `groupage rebuild` derives it again.
create table captured_event (
    captured_id   uuid primary key,            -- groupage.contracts.captured_events: of event id and declaration
    event_id      text not null,               -- its eventID as the sender wrote it, else its CBV event hash
    declaration   text not null,               -- digest of its error declaration; empty: it has none
    event_time    timestamptz not null,        -- when it happened
    captured_at   timestamptz not null,        -- Kafka's time of its record
    topic         text not null,
    partition     integer not null,
    record_offset bigint not null,
    format        text not null,               -- how it came: json, xml
    context       bytea,                       -- the document's @context, if it holds more than GS1's own
    body          bytea not null               -- the event in JSON, as its sender wrote it
);
create index captured_event_id on captured_event using hash (event_id);
create index captured_event_order on captured_event (captured_at, captured_id);
create index captured_event_time on captured_event (event_time, captured_id);

create function captured_id(event_id text, declaration text) returns uuid immutable language sql as $$
    select encode(substring(sha256(convert_to(event_id || E'\n' || declaration, 'UTF8')) for 16), 'hex')::uuid
$$;

-- Versions before 0.3.0 kept the original event beside each fact, under the event's id, '#' and a number. Run by this
-- migration, and by each rebuild once it has folded the log: the facts are older than any record of hub.capture.v1.
create function adopt_older_captures() returns void language sql as $$
    insert into captured_event as old
    select distinct on (captured_id(id[1], declared))
        captured_id(id[1], declared), id[1], declared, occurred_at, recorded_at, topic, partition, record_offset,
        'json', null, original
    from fact,
        regexp_match(event_id, '^(.+)#[0-9]+(~error)?(/.*)?$') as id,
        lateral (select case when id[2] is null then '' else 'older' end as declared) as declaration
    where source = '/epcis' and original is not null and id is not null and length(id[1]) <= 2000
    order by captured_id(id[1], declared), recorded_at, topic, partition, record_offset
    on conflict (captured_id) do update set
        event_time = excluded.event_time, captured_at = excluded.captured_at, topic = excluded.topic,
        partition = excluded.partition, record_offset = excluded.record_offset, format = excluded.format,
        context = excluded.context, body = excluded.body
$$;
select adopt_older_captures();
