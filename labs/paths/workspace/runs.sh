#!/usr/bin/env bash
# Shows all measured runs side by side. usd/1000 is what 1,000 requests cost if the server has always as much to do as in the run.
set -euo pipefail
cd "$(dirname "$0")/runs"
jq -rs '["run", "replicas", "gpus", "req/s", "tokens/s", "first ms", "p95 ms", "usd/h", "usd/1000"],
  (.[] | [.name, .replicas, .gpus, .requestsPerSecond, .tokensPerSecond, .firstTokenMs, .p95Ms, .usdPerHour, .usdPerThousandRequests])
  | map(tostring | . + " " * ([11 - length, 1] | max)) | join("")' ./*.json
