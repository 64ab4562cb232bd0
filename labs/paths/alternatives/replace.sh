# From what was built at the beginning, with the device added.
cat > on-gpu.yaml <<'END'
spec:
  template:
    spec:
      nodeSelector: { pool: gpu }
      tolerations:
        - { key: nvidia.com/gpu, value: present, effect: NoSchedule }
      containers:
        - name: server
          resources:
            limits: { nvidia.com/gpu: '1' }
END
kubectl create --dry-run=client -o json -f models.yaml | jq -s '.[] | select(.kind == "Deployment" and .metadata.name == "writer")' > writer.json
kubectl patch --local -f writer.json --type=strategic -p "$(cat on-gpu.yaml)" -o json > placed.json
kubectl delete deployment writer
kubectl create -f placed.json
kubectl rollout status deployment/writer --timeout=90s
