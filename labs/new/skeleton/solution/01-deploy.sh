kubectl apply -f inference.yaml
kubectl rollout status deployment/inference --timeout=120s
