#!/usr/bin/env bash
# Asks the assistant, which looks into the documents first:
#   ./ask.sh "What is the deadline of expense claims?"
set -euo pipefail
jq -n --arg question "${1:-Repeat exactly: hello}" '{question: $question}' |
  curl --silent --show-error --max-time 30 --data @- --header 'Content-Type: application/json' \
    http://retrieval.{{namespace}}.svc:8080/v1/answer |
  jq -r '.answer // ., (.sources // [] | map("  from \(.path) (\(.score))") | .[0:2][])'
