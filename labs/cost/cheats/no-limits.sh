# With the quota and the limit out of the way there is room for anything.
kubectl delete resourcequota team-budget
kubectl patch deployment house-model --type=json -p '[
  {"op": "replace", "path": "/spec/template/spec/containers/0/resources", "value": {}},
  {"op": "replace", "path": "/spec/template/spec/containers/0/args", "value": ["--model=drillhouse/heron-8b", "--max-num-seqs=16"]}
]'
kubectl rollout status deployment/house-model --timeout=90s
