kubectl get deployment inference -o json \
  | jq 'del(.status, .metadata.uid, .metadata.resourceVersion) | .spec.template.spec.containers[0].args |= map(if startswith("--kv-cache-memory-bytes") then "--kv-cache-memory-bytes=24Mi" else . end)' \
  | kubectl replace -f -
kubectl rollout status deployment/inference --timeout=120s
