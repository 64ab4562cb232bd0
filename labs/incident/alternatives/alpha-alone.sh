# One provider, which is well, and its answers are looked at.
kubectl get configmap gateway-config -o json | jq -r '.data["config.yaml"]' |
  sed -e 's#anthropic/beta-robin-4#openai/alpha-4-mini#; s#http://beta.providers$#http://alpha.providers/v1#; s#BETA_API_KEY#ALPHA_API_KEY#' \
    -e 's/mode: pre_call/mode: [pre_call, post_call]/' > alone.yaml
./apply.sh alone.yaml
