kubectl apply -f - <<END
apiVersion: v1
kind: Secret
metadata:
  name: inference-api-key
stringData:
  api-key: {{keyPrefix}}$(openssl rand -hex 20)
END
kubectl delete pods -l app=inference --wait=false
kubectl rollout status deployment/inference --timeout=120s
