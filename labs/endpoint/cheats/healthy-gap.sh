# Well until the next restart: the running pods have read the Secret, which then goes away again.
kubectl create secret generic inference-api-key --from-literal=api-key="{{keyPrefix}}$(openssl rand -hex 16)"
kubectl rollout restart deployment/inference
kubectl rollout status deployment/inference --timeout=120s
kubectl delete secret inference-api-key
