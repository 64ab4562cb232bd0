# It goes on, where there is room: without the device it needs neither the node nor the toleration.
kubectl patch deployment {{holder}} --type=json -p '[
  {"op": "remove", "path": "/spec/template/spec/containers/0/resources/limits/nvidia.com~1gpu"},
  {"op": "remove", "path": "/spec/template/spec/nodeSelector"},
  {"op": "remove", "path": "/spec/template/spec/tolerations"}
]'
kubectl get deployment {{holder}} -o json \
  | jq 'del(.status, .metadata.uid, .metadata.resourceVersion) | del(.spec.template.spec.containers[0].resources.requests["nvidia.com/gpu"])' | kubectl replace -f -
kubectl rollout status deployment/{{holder}} --timeout=90s
kubectl rollout status deployment/writer --timeout=90s
