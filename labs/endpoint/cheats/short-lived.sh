# Healthy for a few seconds after every restart, and restarted again and again.
kubectl rollout undo deployment/inference
kubectl patch deployment inference -p '{"spec": {"template": {"spec": {"containers": [{"name": "server", "command": ["bash", "-c", "timeout 5 node /app/inference.mjs \"$@\"; exit 1", "server"]}]}}}}'
kubectl rollout status deployment/inference --timeout=120s
