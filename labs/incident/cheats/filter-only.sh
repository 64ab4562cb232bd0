# Harm is stopped, and so is every answer.
kubectl get configmap gateway-config -o json | jq -r '.data["config.yaml"]' | sed 's/mode: pre_call/mode: [pre_call, post_call]/' > filtered.yaml
./apply.sh filtered.yaml
