# Another identity for the board, so that what the old one was given counts for nothing; the way in for everybody goes with the binding.
kubectl create serviceaccount status-page
kubectl patch serviceaccount status-page -p '{"automountServiceAccountToken": false}'
kubectl create role status-page --verb=list --resource=pods
kubectl create role status-page-title --verb=get --resource=configmaps --resource-name=board-title
kubectl create rolebinding status-page --role=status-page --serviceaccount={{namespace}}:status-page
kubectl create rolebinding status-page-title --role=status-page-title --serviceaccount={{namespace}}:status-page
kubectl patch deployment board -p '{"spec": {"template": {"spec": {"serviceAccountName": "status-page"}}}}'
kubectl rollout status deployment/board --timeout=120s
kubectl delete rolebinding {{hotfix}}
