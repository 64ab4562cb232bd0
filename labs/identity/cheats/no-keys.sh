kubectl get configmap gateway-config -o json | jq '.data["config.yaml"] |= gsub("(?m)^\\s*master_key:.*\n"; "")' | kubectl replace -f -
kubectl delete configmap {{bundle}}
kubectl rollout restart deployment/gateway
kubectl rollout status deployment/gateway --timeout=120s
