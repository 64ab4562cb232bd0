#!/usr/bin/env bash
# Asks the model through the gateway, without any documents, and shows which provider answered:
#   ./ask-model.sh "What is 17 + 25?"
set -euo pipefail
key=$(kubectl get secret app-key -o json | jq -r '.data["api-key"] | @base64d')
headers=$(mktemp)
trap 'rm -f "$headers"' EXIT
jq -n --arg question "${1:-Repeat exactly: hello}" '{model: "{{model}}", messages: [{role: "user", content: $question}]}' |
  curl --silent --show-error --max-time 30 --dump-header "$headers" --data @- \
    --header 'Content-Type: application/json' --header "Authorization: Bearer $key" \
    http://gateway.{{namespace}}.svc:4000/v1/chat/completions |
  jq -r '.choices[0].message.content // .'
tr -d '\r' < "$headers" | grep -iE '^(HTTP/|x-litellm-(model-api-base|attempted-)|retry-after|rate_limit_type|llm_provider-)' >&2
