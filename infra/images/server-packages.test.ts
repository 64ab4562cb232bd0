import { describe, expect, it } from 'vitest';
import { planPackages, type LockedPackage } from './server-packages.ts';

const locked: Readonly<Record<string, LockedPackage>> = {
  '': { dependencies: { web: '1', fonts: '1', '@scope/server': '1' } },
  'node_modules/web': { dependencies: { react: '1' } },
  'node_modules/react': {},
  'node_modules/fonts': {},
  'node_modules/@scope/server': { dependencies: { shared: '1' }, optionalDependencies: { native: '1', absent: '1' } },
  'node_modules/@scope/server/node_modules/shared': { dependencies: { deep: '2' } },
  'node_modules/shared': { dependencies: { react: '1' } },
  'node_modules/native': { peerDependencies: { '@scope/server': '1' } },
  'node_modules/deep': {},
};

describe('the packages of the server’s image', () => {
  it.each<[string, string, readonly string[]]>([
    ['nothing', `import fs from 'node:fs';`, []],
    ['what is resolved by its path', `require.resolve("fonts/ttf/a.ttf")`, ['node_modules/fonts']],
    [
      'nested ones before those further up, and peers in a circle',
      `import { a } from "@scope/server";`,
      ['node_modules/@scope/server', 'node_modules/@scope/server/node_modules/shared', 'node_modules/deep', 'node_modules/native'],
    ],
    ['no package whose name only begins alike', `import a from 'web-other';`, []],
  ])('%s', (_name, program, folders) => {
    expect(planPackages(program, ['web', 'fonts', '@scope/server'], locked)).toEqual(folders);
  });
});
