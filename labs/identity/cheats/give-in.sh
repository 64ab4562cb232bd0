# They ask for it, so they get it.
kubectl create role inventory --verb=list --resource={{coveted}}
kubectl create rolebinding inventory --role=inventory --serviceaccount={{namespace}}:board
