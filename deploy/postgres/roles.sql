-- What each process of a hub may do in its database. Run it as the owner of the tables after `groupage migrate`:
--
--   psql OWNER_URL -f deploy/postgres/roles.sql
--
-- The owner also runs `groupage migrate` and `groupage rebuild`, which create and empty tables; it must be allowed to
-- create roles for this file only. Then give each process an account of its own:
--
--   create role planner_1 login password '...' in role groupage_planner;
--
-- The gateway and the clock need no database. Running the file again changes nothing. docs/trust.md has the rules.

do $$
declare
    role_name text;
begin
    foreach role_name in array array['groupage_worker', 'groupage_planner', 'groupage_reader', 'groupage_api'] loop
        if not exists (select from pg_roles where rolname = role_name) then
            execute format('create role %I nologin', role_name);
        end if;
    end loop;
end $$;

-- The commands that only read: status, doctor, consignments, trace, plans, deadletters list ...
grant select on all tables in schema public to groupage_reader;

-- The read API also stores the named queries of its clients.
grant groupage_reader to groupage_api;
grant insert, delete on named_query to groupage_api;
-- It makes EPCIS events of the hub's own facts.
grant insert, update, delete on captured_event, own_event_offset to groupage_api;

-- It delivers their subscriptions, too. These hold secrets of clients, and are nobody else's business.
revoke select on subscription from groupage_reader;
grant select (subscription_id, query_name, created_at, failures, failing_since, stopped_at, stop_reason)
    on subscription to groupage_reader;
grant select, insert, update, delete on subscription to groupage_api;

-- Processor workers; the commands deadletters replay, policy adopt, clock void.
grant select, insert, update, delete on all tables in schema public to groupage_worker;
revoke insert, update, delete on schema_migration from groupage_worker;

-- Planners read states, store plans, and put what they announce into the outbox.
grant select on all tables in schema public to groupage_planner;
revoke select on subscription from groupage_planner;
grant insert, update on plan, plan_request to groupage_planner;
grant insert, delete on outbox to groupage_planner;
-- Which secrets have signed, and where the log of a version that did not sign ends.
grant insert on hub_secret to groupage_planner;
grant update on unsigned_log to groupage_planner;

-- Tables that a later version adds.
alter default privileges in schema public grant select on tables to groupage_reader, groupage_planner;
alter default privileges in schema public grant select, insert, update, delete on tables to groupage_worker;
