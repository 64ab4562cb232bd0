# Mended, at the sorter's expense.
kubectl rollout undo deployment/writer
kubectl scale deployment sorter --replicas=1
kubectl rollout status deployment/writer --timeout=90s
kubectl rollout status deployment/sorter --timeout=90s
