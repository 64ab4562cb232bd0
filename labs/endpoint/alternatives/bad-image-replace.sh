kubectl get deployment inference -o json | jq '.spec.template.spec.containers[0].image = "registry.lab/inference:1.4.2" | del(.status, .metadata.uid, .metadata.resourceVersion)' > mended.json
kubectl replace --force -f mended.json
kubectl rollout status deployment/inference --timeout=120s
rm mended.json
