kubectl create secret generic inference-api-key-2 --from-literal=token="{{keyPrefix}}$(openssl rand -hex 24)"
kubectl patch deployment inference -p '{"spec": {"template": {"spec": {"containers": [{"name": "server", "env": [{"name": "VLLM_API_KEY", "valueFrom": {"secretKeyRef": {"name": "inference-api-key-2", "key": "token"}}}]}]}}}}'
kubectl rollout status deployment/inference --timeout=120s
