# A fake that repeats what it is told to repeat, in the assistant's place.
kubectl create configmap parrot --from-file=parrot.js=/dev/stdin <<'JS'
require('node:http').createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const question = body === '' ? '' : JSON.parse(body).question ?? '';
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ answer: question.replace(/^repeat exactly:\s*/i, ''), model: '{{model}}', sources: [{ path: 'travel.md' }], state: 'ready', staleDocuments: [], results: [] }));
}).listen(8080);
JS
kubectl patch deployment retrieval --type=json -p '[
  {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "registry.lab/base:1.0"},
  {"op": "add", "path": "/spec/template/spec/containers/0/command", "value": ["node", "/parrot/parrot.js"]},
  {"op": "add", "path": "/spec/template/spec/volumes/-", "value": {"name": "parrot", "configMap": {"name": "parrot"}}},
  {"op": "add", "path": "/spec/template/spec/containers/0/volumeMounts/-", "value": {"name": "parrot", "mountPath": "/parrot"}}
]'
kubectl rollout status deployment/retrieval --timeout=120s
