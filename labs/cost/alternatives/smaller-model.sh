# A smaller model that is good enough for sorting, and eight at once.
kubectl patch deployment house-model --type=json -p '[
  {"op": "replace", "path": "/spec/template/spec/containers/0/args", "value": ["--model=drillhouse/sparrow-1b", "--max-num-seqs=8"]}
]'
kubectl rollout status deployment/house-model --timeout=90s
./configure.sh alpha-4-mini local
sed -i 's|drillhouse/heron-8b|drillhouse/sparrow-1b|' config.yaml
./apply.sh
