# The variable straight from the Secret in which next year's key lies.
kubectl patch deployment gateway -p '{"spec": {"template": {"spec": {"containers": [{"name": "gateway", "env": [{"name": "ALPHA_API_KEY", "valueFrom": {"secretKeyRef": {"name": "provider-keys-next", "key": "ALPHA_API_KEY"}}}]}]}}}}'
kubectl rollout status deployment/gateway --timeout=120s
