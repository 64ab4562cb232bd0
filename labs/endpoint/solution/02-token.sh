kubectl create secret generic inference-api-key --from-literal=api-key="{{keyPrefix}}$(openssl rand -hex 16)" --dry-run=client -o yaml | kubectl apply -f -
kubectl patch deployment inference --patch-file key-patch.yaml
kubectl rollout status deployment/inference --timeout=120s
