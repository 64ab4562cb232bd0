kubectl set image deployment/inference server=registry.lab/inference:1.4.1
kubectl rollout status deployment/inference --timeout=120s
