#!/usr/bin/env bash
# Makes a private key and a certificate signed by the lab's authority (ca/):
#   ./make-cert.sh server NAME    for a server that is called by NAME
#   ./make-cert.sh client NAME    for a client called NAME
# The results are certs/server.crt and certs/server.key, or certs/client.crt and certs/client.key.
set -euo pipefail
kind=${1:?server or client} name=${2:?the name it is made out to}
cd "$(dirname "$0")"
mkdir -p certs

# A key, and a request to sign for it.
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" \
  -keyout "certs/$kind.key" -out "certs/$kind.csr" 2>/dev/null

# Clients check the name they call against subjectAltName; the usage keeps a client's certificate from posing as a server's.
if [ "$kind" = server ]; then
  printf 'subjectAltName=DNS:%s,DNS:%s.cluster.local\nextendedKeyUsage=serverAuth\n' "$name" "$name" > "certs/$kind.ext"
else
  printf 'extendedKeyUsage=clientAuth\n' > "certs/$kind.ext"
fi

# The authority signs.
openssl x509 -req -in "certs/$kind.csr" -CA ca/ca.crt -CAkey ca/ca.key -CAcreateserial -days 30 \
  -extfile "certs/$kind.ext" -out "certs/$kind.crt" 2>/dev/null
rm "certs/$kind.csr" "certs/$kind.ext"
openssl x509 -in "certs/$kind.crt" -noout -subject -issuer -enddate
