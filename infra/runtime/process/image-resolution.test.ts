import { beforeAll, describe, expect, it } from 'vitest';
import { ensureImageBundles } from '../../images/bundle.ts';
import { findImageInfo, findWireImage, fullReference, resolvePull } from './image-resolution.ts';

describe('pulling an image', () => {
  beforeAll(async () => ensureImageBundles());

  it('finds what is in the catalogue', () => {
    const outcome = resolvePull('registry.lab/inference:1.4.2');
    expect(outcome).toMatchObject({ kind: 'present', image: { reference: 'registry.lab/inference:1.4.2', user: '10001:10001' } });
    expect(outcome.kind === 'present' && outcome.image.id).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('tells tags apart by their content', () => {
    const [one, two] = ['1.4.1', '1.4.2'].map((tag) => resolvePull(`registry.lab/inference:${tag}`));
    expect(one?.kind === 'present' && two?.kind === 'present' && one.image.id !== two.image.id).toBe(true);
  });

  it.each([
    [
      'registry.lab/inference:9.9.9',
      'NotFound',
      'failed to pull and unpack image "registry.lab/inference:9.9.9": failed to resolve reference "registry.lab/inference:9.9.9": registry.lab/inference:9.9.9: not found',
    ],
    ['registry.lab/inference', 'NotFound', 'registry.lab/inference:latest: not found'],
    ['nginx', 'Unreachable', 'failed to pull and unpack image "docker.io/library/nginx:latest"'],
    [
      'nginx:1.27',
      'Unreachable',
      'Head "https://registry-1.docker.io/v2/library/nginx/manifests/1.27": dial tcp: lookup registry-1.docker.io: no such host',
    ],
    ['ghcr.io/a/b:1', 'Unreachable', 'lookup ghcr.io: no such host'],
    ['Bad Name', 'InvalidName', 'invalid reference format'],
    ['registry.lab/inference:1.6.0-arm64', 'WrongPlatform', 'no match for platform in manifest'],
  ])('fails for %s as containerd does: %s', (reference, reason, words) => {
    const outcome = resolvePull(reference);
    expect(outcome).toMatchObject({ kind: 'failed', reason });
    expect(outcome.kind === 'failed' && outcome.message).toContain(words);
    expect(findImageInfo(reference)).toBeUndefined();
  });
});

it.each([
  ['nginx', 'docker.io/library/nginx:latest'],
  ['a/b:1', 'docker.io/a/b:1'],
  ['localhost/x', 'localhost/x:latest'],
  ['host:5000/x', 'host:5000/x:latest'],
  [`r.io/x@sha256:${'0'.repeat(64)}`, `r.io/x@sha256:${'0'.repeat(64)}`],
])('%s in full is %s', (short, full) => expect(fullReference(short)).toBe(full));

it('maps programs to their bundles', () => {
  const image = findWireImage('registry.lab/prober:1.0');
  expect(image).toMatchObject({ template: 'base', user: { uid: 10001, gid: 10001 }, entrypoint: ['node', '/app/prober.mjs'] });
  expect(image?.files).toMatchObject([{ containerPath: '/app/prober.mjs' }]);
  expect(findWireImage('registry.lab/workspace:1.0')).toMatchObject({ template: 'workspace', files: [], user: { uid: 1000, gid: 1000 } });
});
