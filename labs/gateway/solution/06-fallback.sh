sed -i '/^model_list:/,/ALPHA_API_KEY/c\
model_list:\
  - model_name: {{model}}\
    litellm_params:\
      model: openai/alpha-4-mini\
      api_base: http://alpha.providers/v1\
      api_key: os.environ/ALPHA_API_KEY\
  - model_name: {{model}}-backup\
    litellm_params:\
      model: anthropic/beta-robin-4\
      api_base: http://beta.providers\
      api_key: os.environ/BETA_API_KEY' config.yaml
cat >> config.yaml <<'END'

router_settings:
  num_retries: 1
  timeout: 20
  fallbacks:
    - {{model}}: [{{model}}-backup]
END
./apply.sh
