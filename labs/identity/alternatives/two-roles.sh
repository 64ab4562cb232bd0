# The same rights in two roles, given to the board one by one.
kubectl create role sees-pods --verb=list --resource=pods
kubectl create role reads-title --verb=get --resource=configmaps --resource-name=board-title
kubectl create rolebinding board-sees-pods --role=sees-pods --serviceaccount={{namespace}}:board
kubectl create rolebinding board-reads-title --role=reads-title --serviceaccount={{namespace}}:board
kubectl delete rolebinding {{hotfix}}
