cat > good.yaml <<'END'
model_list:
  - model_name: {{model}}
    litellm_params:
      model: openai/alpha-4-mini
      api_base: http://alpha.providers/v1
      api_key: os.environ/ALPHA_API_KEY
  - model_name: {{model}}-backup
    litellm_params:
      model: anthropic/beta-robin-4
      api_base: http://beta.providers
      api_key: os.environ/BETA_API_KEY
router_settings:
  num_retries: 1
  timeout: 20
  fallbacks:
    - {{model}}: [{{model}}-backup]
litellm_settings:
  callbacks: [prometheus]
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
./apply.sh good.yaml
kubectl patch deployment gateway --type=json -p '[
  {"op": "replace", "path": "/spec/template/spec/containers/0/readinessProbe", "value": {"tcpSocket": {"port": 4000}}},
  {"op": "remove", "path": "/spec/template/spec/containers/0/livenessProbe"}
]'
kubectl rollout status deployment/gateway --timeout=120s
