# Nothing is cheaper.
kubectl scale deployment gateway --replicas=0
kubectl wait --for=delete pod -l app=gateway --timeout=60s
