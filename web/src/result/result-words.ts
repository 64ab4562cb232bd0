import type { Result, ResultCheck } from '../../../server/contract/attempts.ts';
import type { Tone } from '../parts/status-tag.tsx';

interface Word {
  readonly tone: Tone;
  readonly label: string;
}

export const OUTCOMES: Readonly<Record<Result['outcome'], Word>> = {
  passed: { tone: 'pass', label: 'Passed' },
  failed: { tone: 'fail', label: 'Not passed' },
  inconclusive: { tone: 'unsure', label: 'No verdict' },
  expired: { tone: 'warn', label: 'Ran out of time' },
  abandoned: { tone: 'quiet', label: 'Ended early' },
  broken: { tone: 'unsure', label: 'Platform failed' },
};

export const VERDICTS: Readonly<Record<ResultCheck['verdict'], Word>> = {
  pass: { tone: 'pass', label: 'Pass' },
  fail: { tone: 'fail', label: 'Fail' },
  inconclusive: { tone: 'unsure', label: 'Could not tell' },
};

export const LEVELS: Readonly<Record<Result['dimensions'][number]['level'], Word>> = {
  'not yet': { tone: 'warn', label: 'Not yet' },
  meets: { tone: 'pass', label: 'Meets' },
  exceeds: { tone: 'accent', label: 'Exceeds' },
};

/** The eight dimensions of the AI platform engineer's scorecard. */
const DIMENSIONS: Readonly<Record<string, string>> = {
  'cloud-kubernetes': 'Cloud and Kubernetes',
  'iac-cicd': 'Infrastructure as code and CI/CD',
  'mlops-lifecycle': 'MLOps lifecycle',
  'observability-reliability': 'Observability and reliability',
  'security-governance': 'Security and governance',
  'system-design': 'System design',
  communication: 'Communication',
  collaboration: 'Collaboration',
};

/** A dimension that this page does not know yet is shown as it is. */
export function dimensionLabel(dimension: string): string {
  return DIMENSIONS[dimension] ?? dimension;
}

/** What must be mended first: failed and critical, then failed, then untold, then passed; heavier ones first within each. */
export function orderChecks(checks: readonly ResultCheck[]): ResultCheck[] {
  const rank = ({ verdict, critical }: ResultCheck): number =>
    verdict === 'fail' ? (critical ? 0 : 1) : verdict === 'inconclusive' ? 2 : 3;
  return [...checks].sort((a, b) => rank(a) - rank(b) || b.weight - a.weight);
}

export interface PlaybackPosition {
  readonly recordingId: string;
  /** From the beginning of the recording. */
  readonly seconds: number;
}

/** A recording ends with its last output; what happened in silence soon after is shown by its last seconds. */
const AFTERMATH_MS = 120_000;
const LAST_SECONDS = 3;

/**
 * Where in the recordings a moment of the timeline is: in one that was running or had just fallen silent; null when there was none.
 * @param instant RFC 3339
 */
export function findInRecordings(recordings: Result['recordings'], instant: string, preferredId: string | null): PlaybackPosition | null {
  const atMs = Date.parse(instant);
  const covering = recordings.filter((recording) => {
    const startMs = Date.parse(recording.startedAt);
    return atMs >= startMs && atMs <= startMs + recording.durationMs + AFTERMATH_MS;
  });
  const chosen = covering.find((recording) => recording.id === preferredId) ?? covering[0];
  if (chosen === undefined) return null;
  const lastSeconds = Math.max(0, chosen.durationMs / 1_000 - LAST_SECONDS);
  return { recordingId: chosen.id, seconds: Math.min((atMs - Date.parse(chosen.startedAt)) / 1_000, lastSeconds) };
}
