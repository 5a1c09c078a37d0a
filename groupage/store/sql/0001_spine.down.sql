drop table fact, consignment, unit, container, visit, declaration, voyage, consolidation, lane, command, intake_offset, outbox,
    dead_letter, alert, plan, plan_request;
