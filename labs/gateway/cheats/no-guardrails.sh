cat > good.yaml <<'END'
{{alphaFirst}}
END
sed -i '/^guardrails:/,$d' good.yaml
./apply.sh good.yaml
