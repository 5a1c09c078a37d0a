// Send events with the CloudEvents SDK for JavaScript: over HTTP in its modes, and over Kafka.
import { CloudEvent, HTTP, Kafka as KafkaBinding } from "cloudevents";
import { Kafka, logLevel } from "kafkajs";

const [gateway, broker, topic] = process.argv.slice(2);
const key = "350000000000000013";
const data = { unit_id: key, dock: "D4" };

const event = (id, own = { data }) =>
  new CloudEvent({
    id: `js-${id}`,
    source: "/wms/js",
    type: "unit.received.v1",
    time: "2026-03-02T10:00:00.123456+08:00",
    knativearrivaltime: "2026-03-02T02:00:01Z",
    partitionkey: key,
    ...own,
  });

const post = async (path, message) => {
  const answer = await fetch(gateway + path, { method: "POST", ...message });
  if (answer.status !== 202) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
};

await post("/v1/events", HTTP.binary(event("http-binary")));
await post("/v1/events", HTTP.structured(event("http-structured")));
const bytes = new TextEncoder().encode(JSON.stringify(data));
await post("/v1/events", HTTP.structured(event("http-base64", { data: bytes })));
await post("/v1/events:batch", {
  headers: { "content-type": "application/cloudevents-batch+json; charset=utf-8" },
  body: JSON.stringify([event("http-batch")]),
});

// kafkajs takes neither headers that are undefined nor values that are objects.
const forKafka = ({ key, value, headers, timestamp }) => ({
  key,
  timestamp,
  value: typeof value === "string" ? value : JSON.stringify(value),
  headers: Object.fromEntries(Object.entries(headers).filter(([, text]) => text !== undefined)),
});
const client = new Kafka({ clientId: "js", brokers: [broker], logLevel: logLevel.NOTHING });
const producer = client.producer();
await producer.connect();
await producer.send({
  topic,
  messages: [
    forKafka(KafkaBinding.binary(event("kafka-binary"))),
    forKafka(KafkaBinding.structured(event("kafka-structured"))),
    forKafka(KafkaBinding.structured(event("kafka-base64", { data: bytes }))),
  ],
});
await producer.disconnect();
