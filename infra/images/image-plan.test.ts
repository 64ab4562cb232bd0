import { describe, expect, test } from 'vitest';
import { imageCatalogue, type ImageDefinition } from './catalogue.ts';
import { planImages, type ImageFolder } from './image-plan.ts';

const folder = (content: string): ImageFolder => ({
  dockerfile: 'ARG BASE\nFROM ${BASE}\n',
  files: [{ name: 'x', content: Buffer.from(content), executable: false }],
});
const folders = new Map([...new Set(['pause', ...imageCatalogue.map((image) => image.folder)])].map((name) => [name, folder(name)]));

function hashes(catalogue: readonly ImageDefinition[], from = folders, debian = 'debian'): Record<string, string> {
  return Object.fromEntries(planImages(catalogue, from, debian).map((recipe) => [recipe.reference, recipe.hash]));
}

describe('the plan of the images', () => {
  test('builds every image of the catalogue for this platform and the pause image, parents first', () => {
    const plan = planImages([...imageCatalogue].reverse(), folders, 'debian');
    expect(new Set(plan.map((recipe) => recipe.reference))).toEqual(
      new Set(['drillhouse/pause:1.0', ...imageCatalogue.filter((image) => image.platform === undefined).map((image) => image.reference)]),
    );
    plan.forEach((recipe, index) => {
      const earlier = plan.slice(0, index).map((other) => other.reference);
      expect(['drillhouse/debian:trixie', ...earlier]).toContain(recipe.parent);
    });
  });

  test('rebuilds what changed and what stands on it, and nothing else', () => {
    const [before, after] = [hashes(imageCatalogue), hashes(imageCatalogue, new Map([...folders, ['inference', folder('changed')]]))];
    const changed = Object.keys(before).filter((reference) => before[reference] !== after[reference]);
    expect(changed.every((reference) => reference.startsWith('registry.lab/inference:'))).toBe(true);
    expect(changed.length).toBeGreaterThan(0);
    const rebased = hashes(imageCatalogue, folders, 'other debian');
    expect(Object.keys(before).filter((reference) => before[reference] === rebased[reference])).toEqual([]);
  });

  test('takes from the catalogue how an image starts', () => {
    const recipe = planImages(imageCatalogue, folders, 'debian').find((one) => one.reference === 'registry.lab/inference:1.4.2');
    expect(recipe?.dockerfile).toContain('ENV INFERENCE_RELEASE="1.4.2"\n');
    expect(recipe?.dockerfile).toContain('ENTRYPOINT ["node","/app/inference.mjs"]\n');
    expect(recipe?.dockerfile).toContain('USER 10001:10001\n');
    expect(recipe?.dockerfile).toContain(`LABEL drillhouse.hash=${recipe?.hash ?? ''}\n`);
  });

  test('leaves out images for other platforms, and names a folder that is missing', () => {
    const [first] = imageCatalogue;
    if (first === undefined) throw new Error('the catalogue is empty');
    expect(hashes([...imageCatalogue, { ...first, reference: 'registry.lab/arm:1', platform: 'arm64' }])).not.toHaveProperty(
      'registry.lab/arm:1',
    );
    expect(() => hashes([...imageCatalogue, { ...first, reference: 'registry.lab/new:1', folder: 'new' }])).toThrow('infra/images/new');
  });
});
