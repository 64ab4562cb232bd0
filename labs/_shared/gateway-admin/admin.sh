#!/usr/bin/env bash
# Calls the gateway's administration with the master key:
#   ./admin.sh /key/list
#   ./admin.sh /team/new '{"team_id": "claims"}'
set -euo pipefail
master=$(kubectl get secret gateway-master -o go-template='{{ index .data "master-key" | base64decode }}')
curl --silent --show-error --fail-with-body --max-time 15 --header "Authorization: Bearer $master" \
  ${2:+--header 'Content-Type: application/json' --data "$2"} "http://gateway.{{namespace}}.svc:4000$1" | jq .
