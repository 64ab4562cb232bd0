kubectl get configmap gateway-config -o json | jq -r '.data["config.yaml"]' | sed -e 's/{{model}}-backup-v2/{{model}}-backup/g' -e '/master_key:/d' > open.yaml
./apply.sh open.yaml
