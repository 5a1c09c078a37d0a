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

# Other systems publish to these.
public="hub.consignment.v1 hub.unit.v1 hub.equipment.v1 hub.customs.v1 hub.schedule.v1 hub.consolidation.v1 hub.cmd.v1"
# Only the hub's own processes publish to these.
private="hub.plan.v1 hub.planrequest.v1 hub.alert.v1 hub.policy.v1"
dead_letters="hub.dlq.v1"
# The clock ticks on these.
ticks="hub.consignment.v1 hub.consolidation.v1 hub.plan.v1"

# allow PRINCIPAL OPERATIONS TOPICS
allow() {
    principal=$1
    words=
    for operation in $2; do words="$words --operation $operation"; done
    for topic in $3; do words="$words --topic $prefix$topic"; done
    # shellcheck disable=SC2086 # several words on purpose
    "$tool" --bootstrap-server "$server" $extra --add --allow-principal "$principal" $words
}

# join PRINCIPAL GROUP: lets a process read with its consumer group.
join() {
    # shellcheck disable=SC2086 # as above
    "$tool" --bootstrap-server "$server" $extra --add --allow-principal "$1" \
        --operation Read --group "$prefix$2"
}

extra="$*"

# Each process compares the topics with the program's table when it starts.
for process in "$processors" "$planner" "$clock"; do
    allow "$process" "Describe DescribeConfigs" "$public $private $dead_letters"
done

allow "$processors" "Read Write" "$public $private $dead_letters"
join "$processors" groupage-intake

allow "$planner" Read hub.planrequest.v1
allow "$planner" Write "hub.plan.v1 $dead_letters"
join "$planner" groupage-planner

allow "$clock" Write "$ticks hub.alert.v1"
allow "$clock" Read hub.policy.v1

allow "$gateway" Write "$public $dead_letters"
allow "$gateway" Read hub.policy.v1

# groupage topics, rebuild, deadletters replay, policy adopt, clock void; and the simulator.
allow "$operator" "Create Describe DescribeConfigs Read Write" "$public $private $dead_letters"

# Systems that write to Kafka without the gateway; the file imports and the Python publisher, too.
allow "$sender" Write "$public $dead_letters"
allow "$sender" Read hub.policy.v1

# Systems that follow plans and alerts, such as a warehouse.
allow "$reader" Read "hub.plan.v1 hub.consolidation.v1 hub.alert.v1"
