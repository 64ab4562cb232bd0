for name in gateway desk board; do
  kubectl create serviceaccount $name
  kubectl patch serviceaccount $name -p '{"automountServiceAccountToken": false}'
  kubectl patch deployment $name -p '{"spec": {"template": {"spec": {"serviceAccountName": "'$name'"}}}}'
done
kubectl patch deployment board --patch "$(cat board-patch.yaml)"
for name in gateway desk board; do kubectl rollout status deployment/$name --timeout=120s; done
