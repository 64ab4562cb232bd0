kubectl apply -f config-v2.yaml
kubectl patch deployment inference --patch-file config-v2-patch.yaml
kubectl rollout status deployment/inference --timeout=120s
kubectl rollout undo deployment/inference
kubectl rollout status deployment/inference --timeout=120s
