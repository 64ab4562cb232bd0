# The pods that run are mended by hand; the Deployment would make the next ones just as broken.
for pod in $(kubectl get pods -l app=inference -o name); do
  kubectl set image "$pod" server=registry.lab/inference:1.4.2
done
kubectl wait --for=condition=Ready pod -l app=inference --timeout=90s
