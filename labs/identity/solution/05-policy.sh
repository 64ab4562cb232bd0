kubectl apply -f network.yaml
for name in gateway desk board; do
  kubectl patch deployment $name --patch "$(sed "s/NAME/$name/" restricted-patch.yaml)"
done
for name in gateway desk board; do kubectl rollout status deployment/$name --timeout=120s; done
kubectl label namespace {{namespace}} pod-security.kubernetes.io/enforce=restricted --overwrite
