#!/usr/bin/env bash
# Writes config.yaml, the gateway's configuration, for a model of prices.txt:
#   ./configure.sh alpha-4                 every question is paid for
#   ./configure.sh alpha-4 local           a question that was asked before, to the letter, is answered from the cache
#   ./configure.sh alpha-4 semantic 0.8    so is one that is as near to an earlier one as 0.8, where 1 is the same
set -euo pipefail
cd "$(dirname "$0")"
model=${1:?Name a model of prices.txt: ./configure.sh alpha-4}
read -r _ vendor input output _ < <(grep "^$model " prices.txt) || { echo "prices.txt has no $model." >&2; exit 2; }
case $vendor in
  openai) base=http://alpha.providers/v1 key=ALPHA_API_KEY ;;
  anthropic) base=http://beta.providers key=BETA_API_KEY ;;
esac
per_token() { awk -v million="$1" 'BEGIN { printf "%.9f", million / 1000000 }'; }
case ${2:-none} in
  none) cache='cache: false' ;;
  local) cache='cache: true
  cache_params: { type: local, ttl: 600 }' ;;
  semantic) cache="cache: true
  cache_params: { type: semantic, similarity_threshold: ${3:?How near? ./configure.sh $model semantic 0.8}, ttl: 600 }" ;;
  *) echo 'The cache is local or semantic, or there is none.' >&2; exit 2 ;;
esac
cat > config.yaml <<END
model_list:
  - model_name: {{model}}
    litellm_params:
      model: $vendor/$model
      api_base: $base
      api_key: os.environ/$key
      input_cost_per_token: $(per_token "$input")
      output_cost_per_token: $(per_token "$output")
  - model_name: {{sorter}}
    litellm_params:
      model: hosted_vllm/drillhouse/heron-8b
      api_base: http://house-model.{{namespace}}.svc:8000/v1
router_settings:
  num_retries: 1
  timeout: 20
litellm_settings:
  callbacks: [prometheus]
  $cache
general_settings:
  master_key: os.environ/GATEWAY_MASTER_KEY
  database_url: file:/var/lib/gateway/state.json
guardrails:
  - guardrail_name: personal-data
    litellm_params:
      guardrail: presidio
      mode: pre_call
      default_on: true
      pii_entities_config: { EMAIL_ADDRESS: MASK, PHONE_NUMBER: MASK, CREDIT_CARD: MASK, IBAN_CODE: MASK }
  - guardrail_name: harm
    litellm_params:
      guardrail: llama_guard
      mode: [pre_call, post_call]
      default_on: true
END
