-- What carriers reported, in the order in which it was recorded: pages of DCSA events (groupage.store.readers.recorded_facts).
create index fact_of_carrier on fact (recorded_at, fact_id) where source = '/dcsa' or starts_with(source, '/dcsa/');
