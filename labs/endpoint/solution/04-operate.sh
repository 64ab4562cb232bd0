kubectl patch deployment inference --patch-file operate-patch.yaml
kubectl scale deployment inference --replicas={{replicas}}
kubectl rollout status deployment/inference --timeout=120s
