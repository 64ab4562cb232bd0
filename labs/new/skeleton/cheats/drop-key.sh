# It answers everybody, so it answers.
kubectl rollout undo deployment/inference
kubectl set env deployment/inference VLLM_API_KEY-
kubectl rollout status deployment/inference --timeout=120s
