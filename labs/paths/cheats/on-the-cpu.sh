kubectl get deployment writer -o json \
  | jq 'del(.status, .metadata.uid, .metadata.resourceVersion)
      | .spec.template.spec |= (del(.nodeSelector, .tolerations) | del(.containers[0].resources.limits["nvidia.com/gpu"], .containers[0].resources.requests["nvidia.com/gpu"]))' \
  | kubectl replace -f -
kubectl rollout status deployment/writer --timeout=90s
