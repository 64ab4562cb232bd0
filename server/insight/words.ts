import type { Dimension } from './rules.ts';

const DIMENSIONS: Readonly<Record<Dimension, string>> = {
  'cloud-kubernetes': 'cloud and Kubernetes',
  'iac-cicd': 'infrastructure as code and CI/CD',
  'mlops-lifecycle': 'MLOps lifecycle',
  'observability-reliability': 'observability and reliability',
  'security-governance': 'security and governance',
  'system-design': 'system design',
  communication: 'communication',
  collaboration: 'collaboration',
};

/** A dimension in the middle of a sentence. */
export function dimensionWords(dimension: string): string {
  return (DIMENSIONS as Readonly<Record<string, string>>)[dimension] ?? dimension;
}

/** A day in UTC in the middle of a sentence; empty where there is none. */
export function dayOf(atMs: number | null): string {
  return atMs === null ? '' : new Date(atMs).toISOString().slice(0, 10);
}
