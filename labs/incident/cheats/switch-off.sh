kubectl scale deployment retrieval --replicas=0
kubectl wait --for=delete pod -l app=retrieval --timeout=60s
