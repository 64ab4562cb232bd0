# More machines instead of fuller ones.
kubectl scale deployment house-model --replicas=3
kubectl rollout status deployment/house-model --timeout=90s
