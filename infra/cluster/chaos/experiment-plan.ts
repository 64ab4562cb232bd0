import {
  pauseAnnotation,
  recordsFinalizer,
  type ChaosCondition,
  type ChaosRecord,
  type ChaosStatus,
  type Experiment,
  type RecordEvent,
} from '../../chaos/chaos-types.ts';
import { parseTime } from '../client/wire-time.ts';
import type { KubeObject, ObjectMeta } from '../meta/kube-object.ts';
import { timeText } from '../meta/times.ts';
import { durationMs } from './units.ts';

/** Older ones are forgotten, so that an injection that fails again and again does not fill the store. */
const MAX_RECORD_EVENTS = 10;

export interface DesiredPhase {
  readonly phase: 'Run' | 'Stop';
  /** When its duration is over, while it runs. */
  readonly endsAtMs?: number;
}

/** What should be in force now. A duration counts from the experiment's creation, pauses included, as in Chaos Mesh. */
export function planPhase(chaos: Experiment, nowMs: number): DesiredPhase {
  if (chaos.metadata.deletionTimestamp !== undefined || isPaused(chaos)) return { phase: 'Stop' };
  const { duration } = chaos.spec;
  if (duration === undefined || duration === '') return { phase: 'Run' };
  const endsAtMs = (parseTime(chaos.metadata.creationTimestamp) ?? nowMs) + durationMs(duration, 'duration');
  return endsAtMs <= nowMs ? { phase: 'Stop' } : { phase: 'Run', endsAtMs };
}

export function isPaused({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[pauseAnnotation] === 'true';
}

/** A schedule's experiment is done when what is one-shot has happened everywhere, or when its time is over and all is taken back. */
export function isFinished(chaos: Experiment, isOneShot: boolean, nowMs: number): boolean {
  const records = chaos.status?.experiment?.containerRecords ?? [];
  if (isOneShot) return records.length > 0 && records.every(({ phase }) => phase === 'Injected');
  const { duration } = chaos.spec;
  if (duration === undefined || duration === '') return false;
  const endsAtMs = (parseTime(chaos.metadata.creationTimestamp) ?? nowMs) + durationMs(duration, 'duration');
  return endsAtMs <= nowMs && records.every(({ phase }) => phase === 'Not Injected');
}

export function newRecord(id: string, selectorKey: string): ChaosRecord {
  return { id, selectorKey, phase: 'Not Injected', injectedCount: 0, recoveredCount: 0 };
}

/** The record after an attempt; `failure` says why it did not succeed. */
export function afterAttempt(record: ChaosRecord, operation: RecordEvent['operation'], nowMs: number, failure?: string): ChaosRecord {
  const event: RecordEvent = {
    type: failure === undefined ? 'Succeeded' : 'Failed',
    operation,
    ...(failure === undefined ? {} : { message: failure }),
    timestamp: timeText(nowMs),
  };
  const events = [...(record.events ?? []), event].slice(-MAX_RECORD_EVENTS);
  if (failure !== undefined) return { ...record, events };
  return operation === 'Apply'
    ? { ...record, events, phase: 'Injected', injectedCount: record.injectedCount + 1 }
    : { ...record, events, phase: 'Not Injected', recoveredCount: record.recoveredCount + 1 };
}

/** As Chaos Mesh has them: AllInjected and AllRecovered are both True while nothing is selected. `reason` is why not all is injected. */
export function planStatus(chaos: Experiment, phase: 'Run' | 'Stop', records: readonly ChaosRecord[], reason?: string): ChaosStatus {
  const condition = (type: ChaosCondition['type'], isTrue: boolean, why?: string): ChaosCondition => ({
    type,
    status: isTrue ? 'True' : 'False',
    ...(why === undefined || isTrue ? {} : { reason: why }),
  });
  const areAll = (wanted: ChaosRecord['phase']): boolean => records.every((record) => record.phase === wanted);
  return {
    conditions: [
      condition('Selected', records.length > 0, reason),
      condition('AllInjected', areAll('Injected'), reason),
      condition('AllRecovered', areAll('Not Injected')),
      condition('Paused', isPaused(chaos)),
    ],
    experiment: { desiredPhase: phase, ...(records.length === 0 ? {} : { containerRecords: records }) },
  };
}

/** With the finalizer as long as anything is, or is to be, in force; without it once all of a deleted experiment is taken back. */
export function planMetadata({ metadata }: Experiment, records: readonly ChaosRecord[]): ObjectMeta {
  const others = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== recordsFinalizer);
  const isOver = metadata.deletionTimestamp !== undefined && records.every(({ phase }) => phase === 'Not Injected');
  const { finalizers: _, ...rest } = metadata;
  // Nothing may be added to what is being deleted.
  const isHeld = metadata.deletionTimestamp === undefined || metadata.finalizers?.includes(recordsFinalizer) === true;
  const finalizers = isOver || !isHeld ? others : [...others, recordsFinalizer];
  return { ...rest, ...(finalizers.length === 0 ? {} : { finalizers }) };
}
