cat >> config.yaml <<'END'

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
./apply.sh
