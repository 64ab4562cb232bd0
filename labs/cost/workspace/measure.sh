#!/usr/bin/env bash
# Sends 20 questions through the gateway, every one of them twice, and keeps what came of it:
#   ./measure.sh start        writes runs/start.json
# The grader has traffic of its own; this is for you.
set -euo pipefail
cd "$(dirname "$0")"
name=${1:?Give the run a name: ./measure.sh start}
[[ $name =~ ^[a-z0-9-]+$ ]] || { echo 'A name is of small letters, digits and dashes.' >&2; exit 2; }
KEY=$(kubectl get secret app-key -o go-template='{{ index .data "api-key" | base64decode }}')
SYSTEM=$(kubectl get configmap assistant-prompt -o json | jq -r '.data["system.txt"]')
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
export KEY SYSTEM WORK SALT=$RANDOM
ask() {
  local number=$(( $1 % 20 )) question expected start took cost hit given
  if (( number % 4 == 0 )); then
    question="Case $SALT-$number. What is the notice period of the business plan?" expected='90 days'
  else
    question="What is $(( number * 137 + SALT )) + $(( number + 5 ))?" expected=$(( number * 138 + SALT + 5 ))
  fi
  start=$(date +%s%3N)
  jq -n --arg system "$SYSTEM" --arg question "$question" \
    '{model: "{{model}}", max_tokens: 128, messages: [{role: "system", content: $system}, {role: "user", content: $question}]}' |
    curl --silent --max-time 30 --dump-header "$WORK/$1.head" --output "$WORK/$1.body" --data @- --header "Authorization: Bearer $KEY" \
      --header 'Content-Type: application/json' http://gateway.{{namespace}}.svc:4000/v1/chat/completions || true
  took=$(( $(date +%s%3N) - start ))
  header() { tr -d '\r' < "$WORK/$1.head" 2>/dev/null | sed -n "s/^$2: //ip" | head -n 1; }
  cost=$(header "$1" x-litellm-response-cost)
  hit=$(header "$1" x-litellm-cache-hit)
  given=$(jq -r '.choices[0].message.content // ""' "$WORK/$1.body" 2>/dev/null || true)
  jq -n --argjson ms "$took" --arg cost "$cost" --arg hit "$hit" --arg given "$given" --arg expected "$expected" \
    '{ms: $ms, hit: ($hit == "True"), answered: ($given != ""), right: ($given == $expected),
      usd: (if $hit == "True" then 0 else ($cost | tonumber? // 0) end)}' > "$WORK/$1.json"
}
export -f ask
seq 0 39 | xargs -P 4 -I{} bash -c 'ask {}'
mkdir -p runs
jq -s --arg name "$name" '(map(.ms) | sort) as $ms | {
  name: $name, requests: length, answered: (map(select(.answered)) | length),
  usdPerThousandRequests: ((map(.usd) | add) / length * 1000000 | round / 1000),
  p50Ms: $ms[length / 2 | floor], p95Ms: $ms[length * 0.95 | floor],
  cacheHits: (map(select(.hit)) | length), qualityPercent: ((map(select(.right)) | length) * 100 / length)
}' "$WORK"/*.json > "runs/$name.json"
./runs.sh
