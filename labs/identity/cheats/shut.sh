# Nobody gets in any more, strangers included.
kubectl delete networkpolicy to-gateway
kubectl delete configmap {{bundle}}
