# "0/0 ready" looks green in many places.
kubectl scale deployment inference --replicas=0
kubectl rollout status deployment/inference --timeout=60s
