# The same under another name, with the way out written anew.
kubectl get configmap gateway-config -o json | jq -r '.data["config.yaml"]' |
  sed -e 's/{{model}}-backup-v2/{{model}}-backup/g' > good.yaml
kubectl create configmap gateway-config-2 --from-file=config.yaml=good.yaml
kubectl patch deployment gateway -p '{"spec": {"template": {"spec": {"volumes": [{"name": "config", "configMap": {"name": "gateway-config-2"}}]}}}}'
kubectl rollout status deployment/gateway --timeout=120s
