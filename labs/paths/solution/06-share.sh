kubectl -n {{research}} create quota gpu-share --hard=requests.nvidia.com/gpu=1,limits.memory=512Mi
kubectl apply -f - <<'END'
apiVersion: v1
kind: LimitRange
metadata: { name: container-bounds, namespace: {{research}} }
spec:
  limits:
    - type: Container
      max: { memory: 256Mi }
      default: { memory: 128Mi }
      defaultRequest: { cpu: 50m, memory: 64Mi }
END
