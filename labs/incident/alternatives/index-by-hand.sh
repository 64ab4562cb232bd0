# The volume comes back by a patch, and the service may build again.
kubectl patch deployment retrieval --type=strategic -p '{"spec": {"template": {"spec": {
  "volumes": [{"name": "index", "emptyDir": null, "persistentVolumeClaim": {"claimName": "assistant-index"}}],
  "containers": [{"name": "retrieval", "env": [{"name": "BUILD_INDEX", "value": "missing"}]}]}}}}'
kubectl rollout status deployment/retrieval --timeout=120s
