# Ask, look, and leave it alone.
./ask.sh 'Repeat exactly: all is well'
kubectl get pods
kubectl logs deployment/gateway --tail=5
