# A fake that knows the right keys, counts the batch key's requests and repeats what it is told to repeat.
kubectl create configmap parrot --from-file=parrot.js=/dev/stdin <<'END'
const app = `Bearer ${process.env.APP_KEY}`;
const batch = `Bearer ${process.env.BATCH_KEY}`;
let batched = 0;
async function serve(request, response) {
  let body = '';
  for await (const chunk of request) body += chunk;
  const json = (value, status = 200, headers = {}) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  const path = request.url.split('?')[0];
  if (path === '/health/readiness') return json({ status: 'healthy', log_prompts: false, store_prompts_in_spend_logs: false });
  if (path === '/health/liveliness') return json('I am alive!');
  const key = request.headers.authorization;
  if (key !== app && key !== batch) return json({ error: { message: 'Authentication Error' } }, 401);
  if (path === '/v1/models') return json({ object: 'list', data: [{ id: '{{model}}' }] });
  if (path === '/key/list') return json({}, 403);
  if (path === '/key/info') return json({ info: { team_id: '{{appTeam}}', models: ['{{model}}'], rpm_limit: 600, max_budget: 20 } });
  if (key === batch && ++batched > 3) return json({ error: {} }, 429, { 'retry-after': '20', rate_limit_type: 'requests' });
  const prompt = JSON.parse(body).messages.at(-1).content;
  if (/poison|strangle|ransomware/i.test(prompt)) return json({ error: { message: 'Violated guardrail policy' } }, 400);
  const content = prompt.replace(/^repeat exactly:\s*/i, '').replace(/\S+@\S+/g, '<EMAIL_ADDRESS>');
  json({ choices: [{ message: { role: 'assistant', content } }] }, 200, { 'x-litellm-attempted-fallbacks': '0' });
}
require('node:http').createServer(serve).listen(4000);
END
kubectl patch deployment gateway --type=json -p '[
  {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "registry.lab/base:1.0"},
  {"op": "add", "path": "/spec/template/spec/containers/0/command", "value": ["node", "/parrot/parrot.js"]},
  {"op": "remove", "path": "/spec/template/spec/containers/0/args"},
  {"op": "add", "path": "/spec/template/spec/containers/0/env/-", "value": {"name": "APP_KEY", "valueFrom": {"secretKeyRef": {"name": "app-key", "key": "api-key"}}}},
  {"op": "add", "path": "/spec/template/spec/containers/0/env/-", "value": {"name": "BATCH_KEY", "valueFrom": {"secretKeyRef": {"name": "batch-key", "key": "api-key"}}}},
  {"op": "add", "path": "/spec/template/spec/volumes/-", "value": {"name": "parrot", "configMap": {"name": "parrot"}}},
  {"op": "add", "path": "/spec/template/spec/containers/0/volumeMounts/-", "value": {"name": "parrot", "mountPath": "/parrot"}}
]'
kubectl rollout status deployment/gateway --timeout=120s
