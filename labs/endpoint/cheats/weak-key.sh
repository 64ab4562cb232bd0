kubectl create secret generic inference-api-key --from-literal=api-key=secret
kubectl rollout restart deployment/inference
kubectl rollout status deployment/inference --timeout=120s
