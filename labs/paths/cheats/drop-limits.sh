kubectl rollout undo deployment/writer
kubectl rollout status deployment/writer --timeout=90s
kubectl delete resourcequota team-budget
kubectl patch deployment writer --type=json -p '[{"op": "remove", "path": "/spec/template/spec/containers/0/resources/limits/memory"}]'
kubectl rollout status deployment/writer --timeout=90s
