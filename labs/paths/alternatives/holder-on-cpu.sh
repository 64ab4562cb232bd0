# It goes on, where there is room: without the device it needs neither the node nor the toleration.
container=$(kubectl get deployment {{holder}} -o jsonpath='{.spec.template.spec.containers[0].name}')
kubectl patch deployment {{holder}} -p "
spec:
  template:
    spec:
      nodeSelector: null
      tolerations: null
      containers:
        - name: $container
          resources:
            limits: { nvidia.com/gpu: null }
            requests: { nvidia.com/gpu: null }
"
kubectl rollout status deployment/{{holder}} --timeout=90s
kubectl rollout status deployment/writer --timeout=90s
