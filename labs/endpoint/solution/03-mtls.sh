./make-cert.sh server inference.{{namespace}}.svc
./make-cert.sh client application
kubectl create secret tls inference-tls --cert=certs/server.crt --key=certs/server.key --dry-run=client -o yaml | kubectl apply -f -
kubectl create secret tls inference-client --cert=certs/client.crt --key=certs/client.key --dry-run=client -o yaml | kubectl apply -f -
kubectl create configmap inference-ca --from-file=ca/ca.crt --dry-run=client -o yaml | kubectl apply -f -
kubectl patch deployment inference --patch-file tls-patch.yaml
kubectl rollout status deployment/inference --timeout=120s
