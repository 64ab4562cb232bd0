kubectl patch resourcequota team-budget -p '{"spec": {"hard": {"limits.memory": "32Gi"}}}'
kubectl set resources deployment/inference --containers=server --limits=memory=2Gi
kubectl rollout status deployment/inference --timeout=120s
