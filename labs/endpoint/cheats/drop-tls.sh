kubectl rollout undo deployment/inference
kubectl rollout status deployment/inference --timeout=120s
kubectl get deployment inference -o json | jq 'del(.status, .metadata.uid, .metadata.resourceVersion) | .spec.template.spec.containers[0].args |= map(select(startswith("--ssl-") | not))' | kubectl replace -f -
kubectl rollout status deployment/inference --timeout=120s
