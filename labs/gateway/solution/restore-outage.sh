# beta's outage is beta's to mend. The way out to alpha has a retired key written into it; the key belongs to the environment.
kubectl get configmap gateway-config -o json | jq -r '.data["config.yaml"]' > now.yaml
sed -e 's#api_key: sk-retired-.*#api_key: os.environ/ALPHA_API_KEY#' now.yaml > mended.yaml
./apply.sh mended.yaml
