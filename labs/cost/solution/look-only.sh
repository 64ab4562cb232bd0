# Look, and leave it alone.
./ask.sh 'Repeat exactly: all is well'
kubectl get pods
