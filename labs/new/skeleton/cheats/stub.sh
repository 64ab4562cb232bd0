# Something else that answers 200 to everything, behind the same Service.
kubectl apply -f - <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: { name: stub }
spec:
  selector: { matchLabels: { app: stub } }
  template:
    metadata: { labels: { app: stub } }
    spec:
      containers:
        - name: server
          image: registry.lab/base:1.0
          command: [node, -e, 'require("node:http").createServer((request, response) => response.end("{}")).listen(8000)']
          ports: [{ name: api, containerPort: 8000 }]
          resources: { limits: { memory: 128Mi } }
END
kubectl rollout status deployment/stub --timeout=120s
kubectl patch service inference -p '{"spec": {"selector": {"app": "stub"}}}'
