import { describe, expect, it } from 'vitest';
import { joinPreviewPath } from './preview-path.ts';

describe('joinPreviewPath', () => {
  it.each([
    ['/v1/models', '/preview/a/s/v1/models'],
    ['v1/models?limit=1', '/preview/a/s/v1/models?limit=1'],
    ['', '/preview/a/s/'],
    ['/../../../api/session', '/preview/a/s/api/session'],
    ['//evil.example/x', '/preview/a/s/evil.example/x'],
    ['\\\\evil.example', '/preview/a/s/evil.example'],
    ['/a/%2e%2e/%2e%2e/b', '/preview/a/s/b'],
    ['https://evil.example/', '/preview/a/s/https://evil.example/'],
  ])('%s stays inside', (path, expected) => expect(joinPreviewPath('/preview/a/s/', path)).toBe(expected));
});
