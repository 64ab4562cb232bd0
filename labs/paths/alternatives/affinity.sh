kubectl patch deployment writer -p '{"spec": {"template": {"spec": {
  "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}],
  "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
    {"matchExpressions": [{"key": "nvidia.com/gpu.product", "operator": "In", "values": ["NVIDIA-L4"]}]}]}}},
  "containers": [{"name": "server", "resources": {"limits": {"nvidia.com/gpu": "1"}}}]}}}}'
kubectl rollout status deployment/writer --timeout=90s
