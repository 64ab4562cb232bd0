/** Who may import whom, and why. DESIGN's layout is only true because this runs in `npm run check`. */
const tests = '\\.test\\.tsx?$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'A cycle has no order in which it can be understood or tested.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'contract-is-pure',
      severity: 'error',
      comment: 'The contract is shared with the browser: zod and itself only.',
      from: { path: '^server/contract/', pathNot: tests },
      to: { pathNot: ['^server/contract/', '^node_modules/zod/'] },
    },
    {
      name: 'web-knows-the-contract-only',
      severity: 'error',
      comment: 'Pages speak to the server over the contract; anything more would pull Node into the browser.',
      from: { path: '^web/' },
      to: { path: '^(server|labs|grader|scenarios|infra|test)/', pathNot: '^server/contract/' },
    },
    {
      name: 'judges-do-not-know-the-server',
      severity: 'error',
      comment: 'Labs, faults and grader run without an orchestrator: `lab prove` and authors rely on it.',
      from: { path: '^(grader|scenarios|labs)/' },
      to: { path: '^server/' },
    },
    {
      name: 'server-behind-the-substrate',
      severity: 'error',
      comment: 'Everything above the substrate speaks the Kubernetes API, so that a real cluster can take its place.',
      from: { path: '^server/', pathNot: '^server/testing/' },
      to: { path: '^infra/(cluster|runtime|chaos)/' },
    },
    {
      name: 'only-app-names-a-substrate',
      severity: 'error',
      comment: 'The composition root is the one place that chooses.',
      from: { path: '^server/', pathNot: ['^server/app\\.ts$', '^server/testing/', tests] },
      to: { path: '^infra/substrate/' },
    },
    {
      name: 'meta-is-the-bottom',
      severity: 'error',
      comment: 'Pure facts and functions; types of the runtime port are the one thing it may name.',
      from: { path: '^infra/cluster/meta/' },
      to: { path: '^infra/(?!cluster/meta/)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'store-on-meta',
      severity: 'error',
      comment: 'meta <- store <- api.',
      from: { path: '^infra/cluster/store/' },
      to: { path: '^infra/cluster/(?!(meta|store)/)' },
    },
    {
      name: 'api-does-not-know-its-clients',
      severity: 'error',
      comment: 'The API server must serve anyone alike; the in-process client implements the port and so may name its types.',
      from: { path: '^infra/cluster/api/', pathNot: tests },
      to: { path: '^infra/cluster/(controllers|scheduler|kubelet|client|chaos)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'loops-go-through-the-client',
      severity: 'error',
      comment: 'Controllers, scheduler and kubelet see what any client sees: authorisation and admission apply to them too.',
      from: { path: '^infra/cluster/(client|controllers|scheduler|kubelet|chaos)/', pathNot: tests },
      to: { path: '^infra/cluster/(store|api)/' },
    },
    {
      name: 'dockerode-in-one-place',
      severity: 'error',
      comment: 'Its types and errors are translated once.',
      from: { pathNot: ['^infra/runtime/docker/', '^infra/images/', '^infra/setup/', '^test/', tests] },
      to: { path: '^node_modules/(@types/)?dockerode/' },
    },
    {
      name: 'no-test-code-in-the-product',
      severity: 'error',
      comment: 'Fakes stay in tests.',
      from: { pathNot: [tests, '^test/', 'testing/'] },
      to: { path: ['^test/', tests, '^server/testing/'] },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      comment: 'What cannot be found fails at run time.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.json', '.css', '.d.ts'],
    },
  },
};
