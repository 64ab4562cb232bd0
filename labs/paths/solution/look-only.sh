# A GPU's load is no measure of its worth: what counts is that letters come in time. Look, and leave it alone.
kubectl get pods -o wide
./ask.sh writer {{writerModel}} "Repeat exactly: all is well"
