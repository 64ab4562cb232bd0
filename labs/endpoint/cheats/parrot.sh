# The most careful fake: right certificate, right key, mutual TLS, model list, health and metrics - and it repeats what it is told to repeat.
kubectl create configmap parrot --from-file=parrot.js=/dev/stdin <<'END'
const { readFileSync } = require('node:fs');
const key = `Bearer ${process.env.VLLM_API_KEY}`;
const tls = {
  cert: readFileSync('/etc/inference-tls/tls.crt'),
  key: readFileSync('/etc/inference-tls/tls.key'),
  ca: readFileSync('/etc/inference-ca/ca.crt'),
  requestCert: true,
  rejectUnauthorized: true,
};
const metrics = 'vllm:num_requests_running 0\nvllm:kv_cache_usage_perc 0\n';
const models = { object: 'list', data: [{ id: '{{model}}', root: 'drillhouse/sparrow-1b', max_model_len: 2048 }] };
async function serve(request, response) {
  let body = '';
  for await (const chunk of request) body += chunk;
  const json = (value) => response.end(JSON.stringify(value));
  if (request.url === '/version') return json({ version: '1.4.2' });
  if (request.headers.authorization !== key) return response.writeHead(401).end('{"error":"Unauthorized"}');
  if (request.url === '/v1/models') return json(models);
  const prompt = JSON.parse(body).messages.at(-1).content;
  json({ choices: [{ message: { role: 'assistant', content: prompt.replace(/^repeat exactly:\s*/i, '') } }] });
}
require('node:https').createServer(tls, serve).listen(8000);
require('node:http').createServer((request, response) => {
  if (request.url === '/metrics') return response.end(metrics);
  response.writeHead(request.url === '/health' ? 200 : 404).end();
}).listen(9090);
END
kubectl patch deployment inference --type=json -p '[
  {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "registry.lab/base:1.0"},
  {"op": "add", "path": "/spec/template/spec/containers/0/command", "value": ["node", "/parrot/parrot.js"]},
  {"op": "remove", "path": "/spec/template/spec/containers/0/args"},
  {"op": "add", "path": "/spec/template/spec/volumes/-", "value": {"name": "parrot", "configMap": {"name": "parrot"}}},
  {"op": "add", "path": "/spec/template/spec/containers/0/volumeMounts/-", "value": {"name": "parrot", "mountPath": "/parrot"}}
]'
kubectl rollout status deployment/inference --timeout=120s
