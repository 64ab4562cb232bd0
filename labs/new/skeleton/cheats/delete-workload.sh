# No pod, no failing pod.
kubectl delete deployment inference
