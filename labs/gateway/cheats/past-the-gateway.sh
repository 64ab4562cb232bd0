# The other provider, under the gateway's name.
address=$(kubectl get endpointslices -n providers alpha -o json | jq -r '.endpoints[0].addresses[0]')
kubectl patch service gateway --type=json -p '[{"op": "remove", "path": "/spec/selector"}]'
kubectl delete endpointslices -l kubernetes.io/service-name=gateway
kubectl apply -f - <<END
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: gateway-alpha, labels: { kubernetes.io/service-name: gateway } }
addressType: IPv4
endpoints: [{ addresses: ["$address"] }]
ports: [{ name: http, port: 8080 }]
END
