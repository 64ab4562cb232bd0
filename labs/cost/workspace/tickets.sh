#!/usr/bin/env bash
# Sends 48 tickets through the gateway to the house's own model, twelve at a time, and keeps what came of it:
#   ./tickets.sh start        writes runs/tickets-start.json
# A replica costs $3.60 an hour, whatever it does; at twelve tickets a second that is 8.3 cents for 1,000 tickets.
set -euo pipefail
cd "$(dirname "$0")"
name=${1:?Give the run a name: ./tickets.sh start}
[[ $name =~ ^[a-z0-9-]+$ ]] || { echo 'A name is of small letters, digits and dashes.' >&2; exit 2; }
key=$(kubectl get secret app-key -o go-template='{{ index .data "api-key" | base64decode }}')
requests() {
  jq -rn --arg key "$key" --argjson salt "$RANDOM" '[range(48) | "url = \"http://gateway.{{namespace}}.svc:4000/v1/chat/completions\"
header = \"Authorization: Bearer \($key)\"
header = \"Content-Type: application/json\"
data = \({model: "{{sorter}}", max_tokens: 16, messages: [{role: "user",
  content: "Classify this ticket: I was charged twice for my May invoice (case \($salt)-\(.))"}]} | tojson | tojson)
output = \"/dev/null\"
write-out = \"%{http_code} %{time_total}\\n\"
max-time = 30"] | join("\nnext\n")'
}
mkdir -p runs
replicas=$(kubectl get deployment house-model -o go-template='{{.spec.replicas}}')
started=$(date +%s%3N)
answers=$(requests | curl --parallel --parallel-max 12 --parallel-immediate --no-progress-meter --config - || true)
took=$(( $(date +%s%3N) - started ))
jq -Rn --arg name "$name" --argjson replicas "$replicas" --argjson took "$took" '[inputs | split(" ") | {status: .[0], ms: (.[1] | tonumber * 1000)}] |
  (map(.ms) | sort) as $ms | {
    name: $name, tickets: length, sorted: (map(select(.status == "200")) | length), replicas: $replicas,
    perSecond: (length * 10000 / $took | round / 10), p95Ms: ($ms[length * 0.95 | floor] | round),
    usdPerThousandTickets: ($replicas * 3.6 / 3600 / 12 * 1000000 | round / 1000)
  }' <<< "$answers" | tee "runs/tickets-$name.json"
