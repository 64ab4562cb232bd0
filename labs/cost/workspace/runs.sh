#!/usr/bin/env bash
# Shows all measured runs of the assistant side by side.
set -euo pipefail
cd "$(dirname "$0")/runs"
for run in *.json; do [[ $run == tickets-* ]] || cat "$run"; done |
  jq -rs '["run", "usd/1000", "p50ms", "p95ms", "hits", "quality"], (.[] | [.name, .usdPerThousandRequests, .p50Ms, .p95Ms, .cacheHits, .qualityPercent]) | @tsv'
