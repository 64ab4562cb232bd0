kubectl set resources deployment/inference --containers=server --limits=memory=512Mi
kubectl rollout status deployment/inference --timeout=120s
