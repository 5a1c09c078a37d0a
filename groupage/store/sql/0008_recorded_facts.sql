-- What the hub does, in the order in which it was recorded: pages of DCSA events (groupage.store.readers.recorded_facts).
-- The types are those of groupage.store.readers.recorded_facts.INDEXED_TYPES.
create index fact_recorded on fact (recorded_at, fact_id) where type in (
    'consignment.booked', 'consignment.amended', 'consignment.accepted', 'consignment.rejected', 'consignment.cancelled',
    'hold.placed', 'hold.released', 'customs.declared', 'customs.selected', 'customs.released', 'customs.rejected',
    'container.picked_up', 'container.gated_in', 'container.inspected', 'stuffing.completed', 'container.sealed',
    'container.resealed', 'container.gated_out'
);
-- By which other facts name a carrier's booking.
create index fact_carrier_booking on fact (recorded_at) where type in (
    'carrier.booking_confirmed', 'consolidation.booked', 'container.released'
);
