cat > good.yaml <<'END'
{{alphaFirst}}
END
./apply.sh good.yaml
key=$(kubectl get secret batch-key -o json | jq -r '.data["api-key"] | @base64d')
./admin.sh /key/update "$(jq -n --arg key "$key" '{key: $key, rpm_limit: 100000}')"
