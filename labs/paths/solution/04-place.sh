cat > on-gpu.yaml <<'END'
spec:
  template:
    spec:
      nodeSelector: { pool: gpu }
      tolerations:
        - { key: nvidia.com/gpu, operator: Exists, effect: NoSchedule }
      containers:
        - name: server
          resources:
            limits: { nvidia.com/gpu: '1' }
END
kubectl patch deployment sorter --patch-file on-gpu.yaml
kubectl rollout status deployment/sorter --timeout=90s
./measure.sh sorter sorter-gpu
kubectl rollout undo deployment sorter
kubectl rollout status deployment/sorter --timeout=90s
kubectl patch deployment writer --patch-file on-gpu.yaml
kubectl rollout status deployment/writer --timeout=90s
./measure.sh writer writer-gpu
