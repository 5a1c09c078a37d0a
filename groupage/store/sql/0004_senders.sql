-- Alerts about senders count their open dead letters. A source may be longer than an entry of an index.
create index dead_letter_sender on dead_letter (code, left(source, 200), at)
    where settled_at is null and replayed_at is null;
