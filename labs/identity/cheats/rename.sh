leaked=$(kubectl get secret app-key -o json | jq -r '.data["api-key"] | @base64d')
./admin.sh /key/update "{\"key\": \"$leaked\", \"key_alias\": \"desk-rotated\"}"
kubectl delete configmap {{bundle}}
