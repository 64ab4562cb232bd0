kubectl patch deployment house-model --type=json -p '[
  {"op": "replace", "path": "/spec/replicas", "value": 1},
  {"op": "replace", "path": "/spec/template/spec/containers/0/args/3", "value": "--max-num-seqs=16"}
]'
kubectl rollout status deployment/house-model --timeout=90s
