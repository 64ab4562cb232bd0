# Nobody is sent away any more; everybody waits.
kubectl get deployment house-model -o json |
  jq '.spec.template.spec.containers[0].args |= (map(select(test("^--max-(num-seqs|queued-requests)") | not)) + ["--max-num-seqs=1", "--max-queued-requests=5000"])' |
  kubectl apply -f -
kubectl rollout status deployment/house-model --timeout=90s
