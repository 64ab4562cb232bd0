#!/usr/bin/env bash
# Builds the assistant's index from the documents as they are now, and shows what it holds.
set -euo pipefail
curl --silent --show-error --fail-with-body --retry 5 --retry-connrefused --retry-delay 1 --max-time 30 --request POST \
  http://retrieval.{{namespace}}.svc:8080/reindex | jq '{state, documents, chunks, staleDocuments}'
