import { describe, expect, test } from 'vitest';
import { planPullFailure, registryOf } from './image-puller.ts';

describe('an image that cannot be had', () => {
  test.each([
    ['registry.lab/base:1.0', 'registry.lab'],
    ['nginx', 'docker.io'],
    ['library/nginx:1', 'docker.io'],
    ['localhost/x', 'localhost'],
    ['host:5000/x', 'host:5000'],
  ])('%s comes from %s', (reference, registry) => expect(registryOf(reference)).toBe(registry));

  test.each([
    [
      'manifest for nginx:9 not found: manifest unknown: manifest unknown',
      'NotFound',
      'failed to resolve reference "docker.io/library/nginx:9": docker.io/library/nginx:9: not found',
    ],
    ['pull access denied for x, repository does not exist or may require authorization', 'Unauthorized', '401 Unauthorized'],
    ['no matching manifest for linux/amd64 in the manifest list entries', 'WrongPlatform', 'no match for platform in manifest: not found'],
    [
      'Get "https://host/v2/": dial tcp: lookup host: no such host',
      'Unreachable',
      'failed to do request: Head "https://docker.io/v2/library/nginx/manifests/9": Get',
    ],
  ])('%s is %s', (message, reason, words) => {
    expect(planPullFailure('nginx:9', message)).toMatchObject({ kind: 'failed', reason, message: expect.stringContaining(words) });
    expect(planPullFailure('nginx:9', message)).toMatchObject({
      message: expect.stringMatching(/^failed to pull and unpack image "docker\.io\/library\/nginx:9": /),
    });
  });
});
