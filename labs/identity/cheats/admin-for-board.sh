kubectl create rolebinding board-alone --clusterrole=cluster-admin --serviceaccount={{namespace}}:board
kubectl delete rolebinding {{hotfix}}
