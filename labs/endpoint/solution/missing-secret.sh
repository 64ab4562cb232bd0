# The pods refer to a Secret that is gone: make it again, and have the pods try at once.
kubectl create secret generic inference-api-key --from-literal=api-key="{{keyPrefix}}$(openssl rand -hex 16)"
kubectl rollout restart deployment/inference
kubectl rollout status deployment/inference --timeout=120s
