# The team's own pod beside the writer holds the device, and its owner says that it may be stopped.
kubectl scale deployment {{holder}} --replicas=0
kubectl rollout status deployment/writer --timeout=90s
