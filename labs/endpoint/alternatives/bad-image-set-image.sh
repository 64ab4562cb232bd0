kubectl patch deployment inference --type=json -p '[
  {"op": "replace", "path": "/spec/strategy", "value": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}},
  {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "registry.lab/inference:1.4.2"}
]'
kubectl rollout status deployment/inference --timeout=120s
