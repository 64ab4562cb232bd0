#!/usr/bin/env bash
# Asks a model through a Service, with the key from the cluster's Secret:
#   ./ask.sh writer {{writerModel}} "What is 17 + 25?"
set -euo pipefail
service=${1:?Name a Service.}
model=${2:?Name a model: {{sorterModel}} or {{writerModel}}.}
question=${3:-Repeat exactly: hello}
key=$(kubectl get secret inference-api-key -o go-template='{{ index .data "api-key" | base64decode }}')
curl --silent --show-error --max-time 20 --header "Authorization: Bearer $key" --header 'Content-Type: application/json' \
  --data "$(jq -n --arg model "$model" --arg question "$question" '{model: $model, messages: [{role: "user", content: $question}]}')" \
  "http://$service.{{namespace}}.svc:8000/v1/chat/completions" | jq -r '.choices[0].message.content // .error.message'
