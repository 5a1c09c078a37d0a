// Send events with the CloudEvents SDK for Go: over HTTP in its three modes, and over Kafka.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/IBM/sarama"
	"github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2"
	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
)

const key = "350000000000000013"

func event(id string) cloudevents.Event {
	e := cloudevents.NewEvent()
	e.SetID("go-" + id)
	e.SetSource("/wms/go")
	e.SetType("unit.received.v1")
	e.SetTime(time.Date(2026, 3, 2, 10, 0, 0, 123456000, time.FixedZone("", 8*3600)))
	e.SetExtension("knativearrivaltime", "2026-03-02T02:00:01Z")
	e.SetExtension("partitionkey", key)
	must(e.SetData(cloudevents.ApplicationJSON, map[string]string{"unit_id": key, "dock": "D4"}))
	return e
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	gateway, broker, topic := os.Args[1], os.Args[2], os.Args[3]
	ctx := cloudevents.ContextWithTarget(context.Background(), gateway+"/v1/events")
	client, err := cloudevents.NewClientHTTP()
	must(err)
	for id, mode := range map[string]context.Context{
		"http-binary":     binding.WithForceBinary(ctx),
		"http-structured": binding.WithForceStructured(ctx),
	} {
		if result := client.Send(mode, event(id)); !cloudevents.IsACK(result) {
			log.Fatalf("%s: %v", id, result)
		}
	}
	encoded := event("http-base64")
	raw := encoded.Data()
	must(encoded.SetData(cloudevents.ApplicationJSON, raw))
	encoded.DataBase64 = true
	batch, err := json.Marshal([]cloudevents.Event{event("http-batch"), encoded})
	must(err)
	answer, err := http.Post(gateway+"/v1/events:batch", "application/cloudevents-batch+json", bytes.NewReader(batch))
	must(err)
	if answer.StatusCode != 202 {
		log.Fatalf("batch: %s", answer.Status)
	}
	config := sarama.NewConfig()
	config.Version = sarama.V2_8_0_0
	sender, err := kafka_sarama.NewSender([]string{broker}, config, topic)
	must(err)
	kafka, err := cloudevents.NewClient(sender)
	must(err)
	for id, mode := range map[string]context.Context{
		"kafka-binary":     binding.WithForceBinary(context.Background()),
		"kafka-structured": binding.WithForceStructured(context.Background()),
	} {
		mode = kafka_sarama.WithMessageKey(mode, sarama.StringEncoder(key))
		if result := kafka.Send(mode, event(id)); !cloudevents.IsACK(result) {
			log.Fatalf("%s: %v", id, result)
		}
	}
	must(sender.Close(context.Background()))
}
