import { describe, expect, it } from 'vitest';
import { isKnownKind, isNamespaced } from '../grader/kube-objects.ts';
import type { SandboxPlace } from '../infra/substrate/sandbox-place.ts';
import { loadCatalogue, ownLabsDir } from './catalogue.ts';
import { carriedFaults, findLabRefusal } from './lab-ground.ts';
import { planLabVariant, RenderedLab, type Lab } from './lab.ts';
import { planBook, providerValues } from './provider-book.ts';

const { labs } = await loadCatalogue([ownLabsDir]);
const place: SandboxPlace = {
  namespace: 'dh-acme-0123456789',
  hiddenNamespace: 'dh-acme-0123456789-hidden',
  registry: 'registry.example.com/drillhouse',
};
const shared = { ownCluster: false, chaos: false };

/** By hand: what is offered where sandboxes are namespaces of a shared cluster, and the faults that are not. */
const expected: Readonly<Record<string, 'refused' | readonly string[]>> = {
  cost: [],
  endpoint: [],
  gateway: [],
  identity: 'refused',
  incident: [],
  paths: 'refused',
};

const demandsOf = ({ summary }: Lab): NonNullable<Lab['summary']['demands']> => summary.demands ?? { faults: {} };
const offered = labs.filter((lab) => findLabRefusal(demandsOf(lab), shared) === undefined);

it('knows of every lab whether a shared cluster carries it, and which of its faults', () => {
  const told = labs.map((lab) => {
    const demands = demandsOf(lab);
    const carried = carriedFaults(demands, shared);
    const refused = Object.keys(demands.faults).filter((fault) => !carried.includes(fault));
    return [lab.summary.slug, offered.includes(lab) ? refused : 'refused'] as const;
  });
  expect(Object.fromEntries(told)).toEqual(expected);
});

it('tells why a lab is refused, and refuses none on clusters of their own', () => {
  const refusals = labs.flatMap((lab) => findLabRefusal(demandsOf(lab), shared) ?? []);
  expect(refusals.join('\n')).toContain('it stands on nodes of its own (cpu-1, gpu-1)');
  expect(refusals.join('\n')).toContain('its trainees act on more than one namespace');
  for (const lab of labs) expect(findLabRefusal(demandsOf(lab), { ownCluster: true, chaos: true })).toBeUndefined();
});

it('refuses a fault with what comes with it', () => {
  const demands = { faults: { both: ['bad-image', 'node-lost'], fine: ['bad-image'] } };
  expect(findLabRefusal(demands, shared, 'both')).toContain('The fault node-lost cannot be had here');
  expect(findLabRefusal(demands, shared, 'fine')).toBeUndefined();
  expect(findLabRefusal(demands, shared)).toBeUndefined();
  expect(findLabRefusal({ faults: { both: ['node-lost'] } }, shared)).toContain('node-lost');
});

describe.each(offered.map((lab) => [lab.summary.slug, lab] as const))('%s on a shared cluster', (_, lab) => {
  const rendered = new RenderedLab(lab, planLabVariant(lab, 'seed'), place);
  const book = planBook(rendered.file.providers, () => 'x', place);
  const values = {
    ...providerValues(rendered.file.providers, book, place),
    ...Object.fromEntries(
      ['apiKey', 'otherKey', 'adminKey', 'caCertificate', 'serverCertificate', 'serverKey', 'clientCertificate', 'clientKey', 'report'].map(
        (name) => [name, 'x'],
      ),
    ),
  };

  it('has all its objects in the trainee’s namespace', () => {
    const objects = rendered.objects([...rendered.file.start, ...rendered.file.healthy], values);
    expect(objects.length).toBeGreaterThan(0);
    for (const { kind, metadata } of objects) {
      expect(isKnownKind(kind) && isNamespaced(kind)).toBe(true);
      expect(metadata.namespace).toBe(place.namespace);
    }
    expect(rendered.namespaces()).toEqual([place.namespace]);
  });

  it('names nothing by the name that it has on a cluster of its own', () => {
    const original = String(planLabVariant(lab, 'seed').values['namespace']);
    const texts = [...lab.files.keys()]
      .filter((file) => !/^(lab\.yaml$|artefacts\/)/.test(file) && !/\.(png|svg)$/.test(file))
      .map((file) => rendered.text(file, values));
    const { variants: _, ...file } = rendered.file;
    const foreign = new RegExp(`.*(\\b${original}\\b|\\b(alpha|beta)\\\\*\\.providers\\b).*`, 'g');
    for (const text of [...texts, JSON.stringify(file), JSON.stringify(book)]) expect(text.match(foreign)).toBeNull();
    // A pattern that goes by the name of the providers' namespace would let everything pass where that has another.
    expect(JSON.stringify(file).match(/"\$matches":"[^"]*providers/g)).toBeNull();
    expect(texts.flatMap((text) => text.match(/.*(?<![./-])registry\.lab\/.*/g) ?? [])).toEqual([]);
  });
});
