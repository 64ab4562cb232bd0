# A token that never ends, in place of one that must be renewed.
kubectl apply -f - <<EOF
apiVersion: v1
kind: Secret
metadata: { name: board-token, annotations: { kubernetes.io/service-account.name: board } }
type: kubernetes.io/service-account-token
EOF
kubectl rollout restart deployment/gateway
kubectl rollout status deployment/gateway --timeout=120s
