cat > good.yaml <<'END'
{{alphaFirst}}
END
./apply.sh good.yaml
kubectl patch deployment gateway --type=json -p '[
  {"op": "replace", "path": "/spec/template/spec/containers/0/readinessProbe", "value": {"tcpSocket": {"port": 4000}}},
  {"op": "remove", "path": "/spec/template/spec/containers/0/livenessProbe"}
]'
kubectl rollout status deployment/gateway --timeout=120s
