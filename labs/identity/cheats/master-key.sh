leaked=$(kubectl get secret app-key -o json | jq -r '.data["api-key"] | @base64d')
master=$(kubectl get secret gateway-master -o json | jq -r '.data["master-key"]')
kubectl patch secret app-key -p "{\"data\": {\"api-key\": \"$master\"}}"
./admin.sh /key/delete "{\"keys\": [\"$leaked\"]}"
kubectl delete configmap {{bundle}}
