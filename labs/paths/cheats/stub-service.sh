# The sorter answers everything that it is asked to repeat, also under another name.
kubectl get deployment sorter -o json \
  | jq 'del(.status, .metadata.uid, .metadata.resourceVersion)
      | .spec.template.spec.containers[0].args |= map(if startswith("--served-model-name") then "--served-model-name", "{{sorterModel}}", "{{writerModel}}" else . end)' \
  | kubectl replace -f -
kubectl rollout status deployment/sorter --timeout=90s
kubectl patch service writer -p '{"spec": {"selector": {"app": "sorter"}}}'
