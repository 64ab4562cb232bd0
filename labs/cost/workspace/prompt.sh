#!/usr/bin/env bash
# Puts a text before every question of the assistant, from the next question on:
#   ./prompt.sh system.txt
set -euo pipefail
kubectl create configmap assistant-prompt --from-file=system.txt="${1:?Name a file: ./prompt.sh system.txt}" --dry-run=client -o yaml |
  kubectl apply -f - >/dev/null
