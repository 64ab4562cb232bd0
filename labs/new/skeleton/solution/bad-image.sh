# The image of the newest revision does not exist: go back to the one before.
kubectl rollout undo deployment/inference
kubectl rollout status deployment/inference --timeout=120s
