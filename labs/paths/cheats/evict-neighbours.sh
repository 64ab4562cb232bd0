kubectl -n {{research}} scale deployment trainer --replicas=0
kubectl rollout status deployment/writer --timeout=90s
