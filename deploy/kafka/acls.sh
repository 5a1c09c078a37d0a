#!/bin/sh
# Kafka's access rules for a hub: which principal may write and read which topic.
#
#   deploy/kafka/acls.sh BOOTSTRAP_SERVER [PREFIX] [-- OPTIONS OF kafka-acls.sh ...]
#
# PREFIX is GROUPAGE_TOPIC_PREFIX. The broker needs an authorizer (KRaft:
# authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer) and
# allow.everyone.if.no.acl.found=false. Set the names of your principals below, or in the environment.
# KAFKA_ACLS names the tool, kafka-acls.sh of Apache Kafka; KAFKA_ACLS=echo prints what it would do.
# Adding a rule that exists changes nothing.
#
# docs/trust.md says what the rules are for, and what the hub's own signature does beside them.
set -eu

server=${1:?usage: acls.sh BOOTSTRAP_SERVER [PREFIX] [-- OPTIONS]}
shift
prefix=
if [ $# -gt 0 ] && [ "$1" != "--" ]; then
    prefix=$1
    shift
fi
[ $# -eq 0 ] || shift

tool=${KAFKA_ACLS:-kafka-acls.sh}
processors=${PROCESSORS:-User:groupage-processors}
planner=${PLANNER:-User:groupage-planner}
clock=${CLOCK:-User:groupage-clock}
gateway=${GATEWAY:-User:groupage-gateway}
operator=${OPERATOR:-User:groupage-operator}
sender=${SENDER:-User:groupage-sender}
reader=${READER:-User:groupage-reader}
reader_group=${READER_GROUP:-groupage-reader}

# Other systems publish to these.
public="hub.consignment.v1 hub.unit.v1 hub.equipment.v1 hub.customs.v1 hub.schedule.v1 hub.consolidation.v1 hub.cmd.v1"
public="$public hub.capture.v1"
# Only the hub's own processes publish to these. The internal ones carry what the hub says about the aggregates of the
# public topics.
private="hub.consignment.internal.v1 hub.unit.internal.v1 hub.equipment.internal.v1 hub.schedule.internal.v1"
private="$private hub.consolidation.internal.v1 hub.plan.v1 hub.planrequest.v1 hub.alert.v1 hub.policy.v1"
dead_letters="hub.dlq.v1"
# The clock ticks on these.
ticks="hub.consignment.internal.v1 hub.consolidation.internal.v1 hub.plan.v1"

extra="$*"

# allow PRINCIPALS OPERATIONS TOPICS [GROUP]: GROUP is the consumer group with which they read.
allow() {
    words=
    for principal in $1; do words="$words --allow-principal $principal"; done
    for operation in $2; do words="$words --operation $operation"; done
    for topic in $3; do words="$words --topic $prefix$topic"; done
    if [ -n "${4:-}" ]; then words="$words --group $prefix$4"; fi
    # shellcheck disable=SC2086 # several words on purpose
    "$tool" --bootstrap-server "$server" $extra --add $words
}

# Each process compares the topics with the program's table when it starts.
allow "$processors $planner $clock" "Describe DescribeConfigs" "$public $private $dead_letters"

# groupage topics, rebuild, deadletters replay, policy adopt, clock void; and the simulator.
allow "$operator" "Create Describe DescribeConfigs Read Write" "$public $private $dead_letters"

allow "$processors" Read "$public $private $dead_letters" groupage-intake
allow "$processors" Write "$public $private $dead_letters"

allow "$planner" Read hub.planrequest.v1 groupage-planner
allow "$planner" Write "hub.plan.v1 $dead_letters"

allow "$clock" Write "$ticks hub.alert.v1"

# The gateway; and systems that write to Kafka without it, the file imports and the Python publisher, too.
allow "$gateway $sender" Write "$public $dead_letters"

# How they check what they publish follows the hub's policy.
allow "$clock $gateway $sender" Read hub.policy.v1

# They match the events of carriers (DCSA) to what the hub knows, and find what these events became before.
allow "$gateway $sender" Read "hub.schedule.v1 hub.equipment.v1 hub.customs.v1"
allow "$gateway $sender" Read "hub.consignment.v1 hub.consolidation.v1"

# Systems that follow plans and alerts, such as a warehouse. What the hub decides about consolidations (opened, planned,
# rolled) is internal; the public topic has what other systems report (booked, stuffing).
allow "$reader" Read "hub.plan.v1 hub.consolidation.v1 hub.consolidation.internal.v1 hub.alert.v1" "$reader_group"
