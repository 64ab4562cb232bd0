# On the CPU the sorter's model is quick enough for letters. It is not the one that was promised.
kubectl get deployment writer -o json \
  | jq 'del(.status, .metadata.uid, .metadata.resourceVersion)
      | .spec.template.spec.containers[0].args |= map(if startswith("--model=") then "--model=drillhouse/sparrow-1b" else . end)' \
  | kubectl replace -f -
kubectl rollout status deployment/writer --timeout=90s
