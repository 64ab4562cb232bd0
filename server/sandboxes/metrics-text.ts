export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const LABEL = /([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?\s*/gy;

/**
 * Prometheus' text format (version 0.0.4) into samples, at most `maxSamples`. Lines that are not samples, comments included, are left out,
 * and so are values JSON cannot carry.
 */
export function parseMetrics(text: string, maxSamples: number): MetricSample[] {
  const samples: MetricSample[] = [];
  for (const line of text.split('\n')) {
    if (samples.length >= maxSamples) break;
    const sample = line.startsWith('#') ? undefined : parseLine(line.trim());
    if (sample !== undefined) samples.push(sample);
  }
  return samples;
}

function parseLine(line: string): MetricSample | undefined {
  const [, name, labelText, valueText] = LINE.exec(line) ?? [];
  if (name === undefined || valueText === undefined) return undefined;
  const value = Number(valueText);
  const labels = parseLabels(labelText ?? '');
  return Number.isFinite(value) && labels !== undefined ? { name, labels, value } : undefined;
}

function parseLabels(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  let end = 0;
  for (const match of text.matchAll(LABEL)) {
    const [whole, name, value] = match;
    if (name !== undefined && value !== undefined)
      labels[name] = value.replace(/\\(.)/g, (_escape, character: string) => (character === 'n' ? '\n' : character));
    end = match.index + whole.length;
  }
  return end === text.length ? labels : undefined;
}
