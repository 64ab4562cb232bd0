kubectl get nodes -o custom-columns='NODE:.metadata.name,CPU:.status.allocatable.cpu,GPUS:.status.allocatable.nvidia\.com/gpu,PRODUCT:.metadata.labels.nvidia\.com/gpu\.product,TAINTS:.spec.taints[*].key' > nodes.txt
kubectl create secret generic inference-api-key --from-literal=api-key="sk-$(openssl rand -hex 16)"
