# No request takes the cache from another where there is never another.
kubectl patch deployment writer --type=json -p '[{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--max-num-seqs=1"}]'
kubectl rollout status deployment/writer --timeout=90s
