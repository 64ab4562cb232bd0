# A key in the manifest instead of in a Secret.
kubectl patch deployment inference --type=json -p '[{"op": "replace", "path": "/spec/template/spec/containers/0/env/0", "value": {"name": "VLLM_API_KEY", "value": "{{keyPrefix}}8f1c3b5d7e9a0c2e4f6a8b0d1c3e5f7a"}}]'
kubectl rollout status deployment/inference --timeout=120s
