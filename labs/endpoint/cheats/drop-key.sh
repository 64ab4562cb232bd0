# The pods miss the key? Then without a key.
kubectl patch deployment inference --type=json -p '[{"op": "remove", "path": "/spec/template/spec/containers/0/env/0"}]'
kubectl rollout status deployment/inference --timeout=120s
