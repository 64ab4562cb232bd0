kubectl delete rolebinding {{hotfix}}
kubectl delete deployment board
