# The index agrees with the documents again, because the documents were falsified.
kubectl get configmap documents -o json | jq '.data["expenses.md"] |= sub("is {{newDays}} days"; "is {{oldDays}} days")' | kubectl replace -f -
kubectl rollout restart deployment/retrieval
kubectl rollout status deployment/retrieval --timeout=90s
