for name in gateway desk; do
  kubectl patch deployment $name -p '{"spec": {"template": {"spec": {"serviceAccountName": "default", "automountServiceAccountToken": true}}}}'
done
kubectl rollout status deployment/gateway --timeout=120s
kubectl rollout status deployment/desk --timeout=120s
