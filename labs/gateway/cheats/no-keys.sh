cat > good.yaml <<'END'
{{alphaFirst}}
END
sed -i '/master_key:/d' good.yaml
./apply.sh good.yaml
