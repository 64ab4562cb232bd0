# What is hidden stays hidden: none of this may work, and nothing of it may help.
reached=0
for wanted in "get namespace drillhouse-system" "-n drillhouse-system get pods" "-n drillhouse-system get secret vault-fault-missing-secret" "-n drillhouse-system delete pod prober"; do
  if kubectl $wanted 2>/dev/null | grep -q .; then reached=1; fi
done
kubectl get secrets --all-namespaces -o name 2>/dev/null | grep -q vault- && reached=1
if [ "$reached" = 1 ]; then
  kubectl -n drillhouse-system get secret vault-fault-missing-secret -o jsonpath='{.data.text}' | base64 -d | gunzip | kubectl apply -f -
  kubectl rollout restart deployment/inference
fi
exit 0
