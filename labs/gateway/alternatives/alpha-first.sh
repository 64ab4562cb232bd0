cat > good.yaml <<'END'
{{alphaFirst}}
END
./apply.sh good.yaml
