# What the board needs first, then away with the rest.
kubectl apply -f rights.yaml
kubectl delete rolebinding {{hotfix}}
