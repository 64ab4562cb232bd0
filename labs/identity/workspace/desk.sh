#!/usr/bin/env bash
# What the desk counted since it started: questions, failures, and with how many keys it was served.
#   ./desk.sh            once
#   ./desk.sh 2          waits until it came with two keys
set -euo pipefail
for _ in $(seq 60); do
  stats=$(curl --silent --show-error --max-time 5 http://desk.{{namespace}}.svc:8080/stats)
  [ "$(jq .keys <<<"$stats")" -ge "${1:-0}" ] && break
  sleep 0.5
done
jq -c . <<<"$stats"
