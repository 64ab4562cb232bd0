# Sixteen at once, as before, and a queue as long as the server's own.
kubectl get deployment house-model -o json |
  jq '.spec.template.spec.containers[0].args |= (map(select(test("^--max-(num-seqs|queued-requests)") | not)) + ["--max-num-seqs=16"])' |
  kubectl apply -f -
kubectl rollout status deployment/house-model --timeout=90s
