kubectl get configmap gateway-config -o json | jq -r '.data["config.yaml"]' |
  sed -e 's#anthropic/beta-robin-4#openai/alpha-4-mini#; s#http://beta.providers$#http://alpha.providers/v1#; s#BETA_API_KEY#ALPHA_API_KEY#' \
    -e '/^guardrails:/,$d' > open.yaml
./apply.sh open.yaml
