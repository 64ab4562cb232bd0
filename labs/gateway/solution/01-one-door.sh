cat > config.yaml <<'END'
model_list:
  - model_name: {{model}}
    litellm_params:
      model: openai/alpha-4-mini
      api_base: http://alpha.providers/v1
      api_key: os.environ/ALPHA_API_KEY
END
kubectl create configmap gateway-config --from-file=config.yaml --dry-run=client -o yaml | kubectl apply -f -
kubectl apply -f gateway.yaml
kubectl rollout status deployment/gateway --timeout=120s
