"""The Faust worker: from Kafka records to one transaction per batch, and on to Kafka."""
