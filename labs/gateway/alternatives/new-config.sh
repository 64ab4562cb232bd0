cat > good.yaml <<'END'
{{alphaFirst}}
END
kubectl create configmap gateway-config-2 --from-file=config.yaml=good.yaml
kubectl patch deployment gateway -p '{"spec": {"template": {"spec": {"volumes": [{"name": "config", "configMap": {"name": "gateway-config-2"}}]}}}}'
kubectl rollout status deployment/gateway --timeout=120s
