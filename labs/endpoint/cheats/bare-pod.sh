# One good pod by hand under the Service's label; the Deployment stays broken and nothing would bring the pod back.
kubectl get deployment inference -o json | jq '{apiVersion: "v1", kind: "Pod", metadata: {name: "by-hand", labels: .spec.template.metadata.labels}, spec: (.spec.template.spec | .containers[0].image = "registry.lab/inference:1.4.2")}' | kubectl apply -f -
kubectl wait --for=condition=Ready pod/by-hand --timeout=90s
