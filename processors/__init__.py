"""From facts to states: a Faust worker around pure aggregates, one transaction per batch."""
