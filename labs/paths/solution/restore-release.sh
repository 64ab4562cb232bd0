kubectl rollout undo deployment/writer
kubectl rollout status deployment/writer --timeout=90s
