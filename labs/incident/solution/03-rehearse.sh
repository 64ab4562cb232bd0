kubectl patch configmap documents -p '{"data": {"parking.md": "# Parking\n\nThe floor of visitor parking is {{parkingFloor}}. The gate opens with the orange badge.\n"}}'
kubectl rollout restart deployment/retrieval
kubectl rollout status deployment/retrieval --timeout=90s
./reindex.sh
