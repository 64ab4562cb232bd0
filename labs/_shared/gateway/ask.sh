#!/usr/bin/env bash
# Asks through the gateway as an application does, and shows where the answer came from:
#   ./ask.sh "What is 17 + 25?"            with the key in Secret app-key, if there is one
#   KEY=sk-... ./ask.sh "What is 17 + 25?"
set -euo pipefail
question=${1:-Repeat exactly: hello}
key=${KEY:-$(kubectl get secret app-key -o go-template='{{ index .data "api-key" | base64decode }}' 2>/dev/null || true)}
headers=$(mktemp)
trap 'rm -f "$headers"' EXIT
jq -n --arg question "$question" '{model: "{{model}}", messages: [{role: "user", content: $question}]}' |
  curl --silent --show-error --max-time 30 --dump-header "$headers" --data @- \
    --header 'Content-Type: application/json' ${key:+--header "Authorization: Bearer $key"} \
    http://gateway.{{namespace}}.svc:4000/v1/chat/completions |
  jq -r '.choices[0].message.content // .'
tr -d '\r' < "$headers" | grep -iE '^(HTTP/|x-litellm-(model-api-base|attempted-|cache-hit|response-cost)|retry-after|rate_limit_type|llm_provider-)' >&2
