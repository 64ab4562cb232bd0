# The index is where it always was; the service looks elsewhere since the last rollout.
kubectl rollout undo deployment/retrieval
kubectl rollout status deployment/retrieval --timeout=120s
./ask.sh 'Repeat exactly: found it'
