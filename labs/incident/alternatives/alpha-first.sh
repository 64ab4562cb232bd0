kubectl get configmap gateway-config -o json | jq -r '.data["config.yaml"]' |
  sed -e 's#anthropic/beta-robin-4#FIRST#; s#openai/alpha-4-mini#anthropic/beta-robin-4#; s#FIRST#openai/alpha-4-mini#' \
    -e 's#http://beta.providers$#FIRST#; s#http://alpha.providers/v1#http://beta.providers#; s#FIRST#http://alpha.providers/v1#' \
    -e 's#BETA_API_KEY#FIRST#; s#ALPHA_API_KEY#BETA_API_KEY#; s#FIRST#ALPHA_API_KEY#' > swapped.yaml
./apply.sh swapped.yaml
