kubectl scale deployment writer --replicas=0
kubectl wait pod -l app=writer --for=delete --timeout=60s
