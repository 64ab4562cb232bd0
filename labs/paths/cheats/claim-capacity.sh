# Devices on paper: the scheduler believes what the node's status says, the node's kubelet does not.
for node in $(kubectl get nodes -l pool=gpu -o name); do
  kubectl get "$node" -o json | jq '.status.capacity["nvidia.com/gpu"] = "4" | .status.allocatable["nvidia.com/gpu"] = "4"' \
    | kubectl replace --raw "/api/v1/nodes/${node#node/}/status" -f - > claimed.json
done
until kubectl get events --field-selector=reason=UnexpectedAdmissionError -o name | grep -q .; do sleep 0.5; done
