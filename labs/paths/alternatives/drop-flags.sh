kubectl get deployment writer -o json \
  | jq 'del(.status, .metadata.uid, .metadata.resourceVersion)
      | .spec.template.spec.containers[0].args |= map(select(test("^--(kv-cache-memory-bytes|max-model-len)=") | not))' \
  | kubectl replace -f -
kubectl rollout status deployment/writer --timeout=90s
