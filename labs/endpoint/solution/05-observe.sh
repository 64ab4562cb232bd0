kubectl patch deployment inference --patch-file observe-patch.yaml
kubectl patch service inference --patch-file service-patch.yaml
kubectl rollout status deployment/inference --timeout=120s
kubectl logs deployment/inference > startup.log
