kubectl get secret provider-keys-next -o json | jq '{apiVersion, kind, type, data, metadata: {name: "provider-keys", namespace: .metadata.namespace}}' | kubectl replace -f -
kubectl rollout restart deployment/gateway
kubectl rollout status deployment/gateway --timeout=120s
