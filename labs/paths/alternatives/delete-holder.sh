kubectl delete deployment {{holder}}
kubectl rollout status deployment/writer --timeout=90s
