# The board gets little, and an account that nobody watches gets the rest.
kubectl apply -f rights.yaml
kubectl create rolebinding spare --clusterrole=admin --serviceaccount={{namespace}}:default
kubectl delete rolebinding {{hotfix}}
