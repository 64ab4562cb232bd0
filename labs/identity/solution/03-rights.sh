kubectl apply -f rights.yaml
kubectl delete rolebinding team-edit
