#!/usr/bin/env bash
# Sends a model 12 questions, four at a time, and keeps what came of them:
#   ./measure.sh writer writer-cpu      measures the Deployment and Service writer, and writes runs/writer-cpu.json
# Answers are of 24 tokens and streamed, so that the time to the first token can be taken. The grader has traffic of its own; this is for you.
set -euo pipefail
cd "$(dirname "$0")"
app=${1:?Name what is to be measured: sorter or writer.}
name=${2:?Give the run a name, for example $app-cpu.}
[[ $name =~ ^[a-z0-9-]+$ ]] || { echo 'A name is of small letters, digits and dashes.' >&2; exit 2; }
case $app in
  sorter) model='{{sorterModel}}' ;;
  writer) model='{{writerModel}}' ;;
  *) echo 'There is sorter, and there is writer.' >&2; exit 2 ;;
esac
key=$(kubectl get secret inference-api-key -o go-template='{{ index .data "api-key" | base64decode }}')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for i in $(seq 12); do
  jq -cn --arg model "$model" --arg question "Describe case $RANDOM-$i in a few sentences." \
    '{model: $model, max_tokens: 24, stream: true, stream_options: {include_usage: true}, messages: [{role: "user", content: $question}]}' > "$work/$i.json"
  [ "$i" = 1 ] || echo next
  echo "url = \"http://$app.{{namespace}}.svc:8000/v1/chat/completions\""
  echo "data = \"@$work/$i.json\""
  echo "output = \"$work/$i.sse\""
  echo 'header = "Content-Type: application/json"'
  echo "header = \"Authorization: Bearer $key\""
  echo 'write-out = "%{http_code} %{time_starttransfer} %{time_total}\n"'
  echo 'max-time = 60'
done > "$work/requests"
began=$(date +%s%3N)
curl --parallel --parallel-max 4 --parallel-immediate --no-progress-meter --config "$work/requests" > "$work/times"
took=$(( $(date +%s%3N) - began ))

tokens=$(cat "$work"/*.sse | sed -n 's/^data: {/{/p' | jq -s 'map(.usage.completion_tokens? // 0) | add // 0')
pods=$(kubectl get pods -l "app=$app" -o json)
mkdir -p runs
jq -Rn --arg name "$name" --argjson took "$took" --argjson tokens "$tokens" --argjson pods "$pods" --slurpfile prices prices.json '
  [inputs | split(" ")] as $all
  | ($all | map(select(.[0] == "200") | map(tonumber))) as $good
  | ($pods.items | map(select(.metadata.deletionTimestamp == null))) as $running
  | ($running | map(.spec.containers[].resources.limits["nvidia.com/gpu"] // "0" | tonumber) | add // 0) as $gpus
  | ($running | map(select([.spec.containers[].resources.limits["nvidia.com/gpu"] // "0" | tonumber] | add == 0)) | length) as $onCpu
  | ($good | map(.[1]) | sort) as $first
  | ($good | map(.[2]) | sort) as $whole
  | ($good | length) as $count
  | ($onCpu * $prices[0].cpuReplicaUsdPerHour + $gpus * $prices[0].gpuUsdPerHour) as $usdPerHour
  | {
      name: $name, nodes: ([$running[].spec.nodeName] | unique | join(",")), replicas: ($running | length), gpus: $gpus, answered: $count,
      requestsPerSecond: ($count / $took * 10000 | round / 10),
      tokensPerSecond: ($tokens / $took * 1000 | round),
      firstTokenMs: ($first[$count / 2 | floor] // 0 | . * 1000 | round),
      p95Ms: ($whole[$count * 0.95 | floor] // 0 | . * 1000 | round),
      usdPerHour: ($usdPerHour * 100 | round / 100),
      usdPerThousandRequests: (if $count == 0 then null else $usdPerHour / 3600 * $took / $count * 10000 | round / 10000 end)
    }' < "$work/times" > "runs/$name.json"
./runs.sh
