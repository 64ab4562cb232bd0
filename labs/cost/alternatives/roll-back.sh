# What was there before the change.
kubectl rollout undo deployment/house-model
kubectl rollout status deployment/house-model --timeout=90s
