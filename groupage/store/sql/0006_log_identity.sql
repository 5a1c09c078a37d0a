-- The ids that Kafka has given to the topics whose offsets are stored (groupage.store.log_identity). A topic that was
-- deleted and created again has another id, and the stored offsets mean nothing in it.
create table log_identity (
    topic         text primary key,            -- without the hub's prefix
    topic_id      uuid not null,
    cluster_id    text not null,
    read_again_at timestamptz                  -- when somebody let the workers read a topic with another id
);
