kubectl create rolebinding everybody --clusterrole=edit --group=system:authenticated
kubectl delete rolebinding {{hotfix}}
