# Works, and everybody who may read the Deployment may read the key.
kubectl rollout undo deployment/inference
kubectl set env deployment/inference VLLM_API_KEY- && kubectl set env deployment/inference VLLM_API_KEY=sk-lab-3f9a1c7e5b2d8f604e7a
kubectl rollout status deployment/inference --timeout=120s
