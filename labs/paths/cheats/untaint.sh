# The right node by opening it to everybody, and no device.
kubectl taint nodes -l pool=gpu nvidia.com/gpu-
kubectl patch deployment writer -p '{"spec": {"template": {"spec": {"nodeSelector": {"pool": "gpu"}}}}}'
kubectl rollout status deployment/writer --timeout=90s
