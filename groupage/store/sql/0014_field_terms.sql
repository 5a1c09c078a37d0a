-- Events also have terms of their extensions, measures and places (groupage.contracts.captured_fields): the step of
-- this migration derives the terms of all events again.
update captured_event set terms = null;
