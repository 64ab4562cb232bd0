#!/usr/bin/env bash
# Asks the model as an application does, with the key and the certificate from the cluster's Secrets:
#   ./ask.sh "What is 17 + 25?"
set -euo pipefail
question=${1:-Repeat exactly: hello}
cd "$(dirname "$0")"
certs=$(mktemp -d)
trap 'rm -rf "$certs"' EXIT

from_secret() { kubectl get secret "$1" -o go-template="{{ index .data \"$2\" | base64decode }}"; }
from_secret inference-client tls.crt > "$certs/client.crt"
from_secret inference-client tls.key > "$certs/client.key"
key=$(from_secret inference-api-key api-key)

curl --silent --show-error --fail-with-body --max-time 15 \
  --cacert ca/ca.crt --cert "$certs/client.crt" --key "$certs/client.key" \
  --header "Authorization: Bearer $key" --header 'Content-Type: application/json' \
  --data "$(jq -n --arg question "$question" '{model: "{{model}}", messages: [{role: "user", content: $question}]}')" \
  https://inference.{{namespace}}.svc:8000/v1/chat/completions | jq -r '.choices[0].message.content'
