#!/usr/bin/env bash
# Sends 20 questions through the gateway, every one of them twice, and keeps what came of it:
#   ./measure.sh start        writes runs/start.json
# The grader has traffic of its own; this is for you.
set -euo pipefail
cd "$(dirname "$0")"
name=${1:?Give the run a name: ./measure.sh start}
[[ $name =~ ^[a-z0-9-]+$ ]] || { echo 'A name is of small letters, digits and dashes.' >&2; exit 2; }
key=$(kubectl get secret app-key -o go-template='{{ index .data "api-key" | base64decode }}')
system=$(kubectl get configmap assistant-prompt -o json | jq -r '.data["system.txt"]')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A line a question: what is asked, and the right answer.
jq -cn --arg system "$system" --argjson salt "$RANDOM" 'range(20)
  | if . % 4 == 0
    then {ask: "Case \($salt)-\(.). What is the notice period of the business plan?", right: "90 days"}
    else {ask: "What is \(. * 137 + $salt) + \(. + 5)?", right: "\(. * 138 + $salt + 5)"}
    end
  | {right, body: {model: "{{model}}", max_tokens: 128, messages: [{role: "system", content: $system}, {role: "user", content: .ask}]}}
  ' > "$work/questions"
jq -rs --arg key "$key" --arg work "$work" '. as $questions | [range(40) | "url = \"http://gateway.{{namespace}}.svc:4000/v1/chat/completions\"
header = \"Authorization: Bearer \($key)\"
header = \"Content-Type: application/json\"
data = \($questions[. % 20].body | tojson | tojson)
output = \"\($work)/\(.).body\"
write-out = \"\(.)\\t%{time_total}\\t%header{x-litellm-response-cost}\\t%header{x-litellm-cache-hit}\\n\"
max-time = 30"] | join("\nnext\n")' "$work/questions" |
  curl --parallel --parallel-max 4 --no-progress-meter --config - > "$work/times" || true

mkdir -p runs
jq -Rn --arg name "$name" --slurpfile questions "$work/questions" --rawfile times "$work/times" '
  (reduce inputs as $line ({}; .[input_filename | split("/") | last | rtrimstr(".body")] += $line) | map_values(fromjson? // {})) as $answers
  | [$times | split("\n")[] | select(. != "") | split("\t") | {
      ms: (.[1] | tonumber * 1000 | round),
      usd: (if .[3] == "True" then 0 else (.[2] | tonumber? // 0) end),
      hit: (.[3] == "True"),
      given: ($answers[.[0]].choices[0].message.content? // ""),
      right: $questions[(.[0] | tonumber) % 20].right
    }] as $all
  | ($all | map(.ms) | sort) as $ms
  | {
      name: $name, requests: ($all | length), answered: ($all | map(select(.given != "")) | length),
      usdPerThousandRequests: (($all | map(.usd) | add) / ($all | length) * 1000000 | round / 1000),
      p50Ms: $ms[($ms | length) / 2 | floor], p95Ms: $ms[($ms | length) * 0.95 | floor],
      cacheHits: ($all | map(select(.hit)) | length),
      qualityPercent: (($all | map(select(.given == .right)) | length) * 100 / ($all | length))
    }' "$work"/*.body /dev/null > "runs/$name.json"
./runs.sh
