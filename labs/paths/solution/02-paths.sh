kubectl apply -f models.yaml
for app in sorter writer; do
  kubectl create service clusterip "$app" --tcp=8000:api --dry-run=client -o json \
    | jq --arg app "$app" '.spec.selector = {app: $app} | .spec.ports[0] |= (.name = "api" | .port = 8000 | .targetPort = "api")' | kubectl apply -f -
done
kubectl delete service models
kubectl rollout status deployment/sorter --timeout=90s
kubectl rollout status deployment/writer --timeout=90s
