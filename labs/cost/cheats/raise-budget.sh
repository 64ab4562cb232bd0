# The money is there again, and the waste stays.
key=$(kubectl get secret app-key -o json | jq -r '.data["api-key"] | @base64d')
./admin.sh /key/update "$(jq -n --arg key "$key" '{key: $key, max_budget: 100000}')"
