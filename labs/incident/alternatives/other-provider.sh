# The other provider first. Looking at answers may wait until tomorrow; it costs credit and no user.
kubectl get configmap gateway-config -o json | jq -r '.data["config.yaml"]' |
  sed -e 's#anthropic/beta-robin-4#openai/alpha-4-mini#; s#http://beta.providers$#http://alpha.providers/v1#; s#BETA_API_KEY#ALPHA_API_KEY#' > other.yaml
./apply.sh other.yaml
