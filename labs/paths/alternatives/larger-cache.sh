# What the GPU's memory has room for beside the weights.
kubectl get deployment writer -o json \
  | jq 'del(.status, .metadata.uid, .metadata.resourceVersion)
      | .spec.template.spec.containers[0].args |= (map(select(test("^--(kv-cache-memory-bytes|max-model-len)=") | not))
          + ["--kv-cache-memory-bytes=96Mi", "--max-model-len=4096"])' \
  | kubectl replace -f -
kubectl rollout status deployment/writer --timeout=90s
