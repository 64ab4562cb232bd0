import { parseDurationMs } from '../meta/times.ts';
import { ChaosRefusal } from './chaos-context.ts';

/** A Go duration such as `1m30s`, in milliseconds; what is none, or is negative, is refused. */
export function durationMs(text: string, what: string): number {
  let ms: number;
  try {
    ms = parseDurationMs(text);
  } catch (error) {
    throw new ChaosRefusal(`${what} "${text}" is no duration`, { cause: error });
  }
  if (ms < 0) throw new ChaosRefusal(`${what} "${text}" is negative`);
  return ms;
}

const rateUnits = ['bps', 'kbps', 'mbps', 'gbps', 'tbps'];

/** Chaos Mesh's rates are bytes a second: `1mbps` are 1,048,576. */
export function bytesPerSecond(rate: string): number {
  const [, number = '', unit = ''] = /^\s*(\d{1,12})\s*([kmgt]?bps)\s*$/i.exec(rate) ?? [];
  if (number === '') throw new ChaosRefusal(`rate "${rate}" is none: a whole number and bps, kbps, mbps, gbps or tbps`);
  return Number(number) * 1024 ** rateUnits.indexOf(unit.toLowerCase());
}

/** `25`, of a hundred, as a share of 1. */
export function shareOf(percent: string, what: string): number {
  const share = Number(percent) / 100;
  if (percent.trim() === '' || !(share >= 0 && share <= 1)) throw new ChaosRefusal(`${what} "${percent}" is no percentage`);
  return share;
}

const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
};

/** `256MB` in bytes, counted in 1024s as stress-ng does, or a percentage of `whole`, where there is one. */
export function sizeBytes(size: string, wholeBytes: number | undefined): number {
  const [, number = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)\s*([A-Za-z%]+)$/.exec(size.trim()) ?? [];
  if (unit === '%' && wholeBytes === undefined)
    throw new ChaosRefusal(`size ${size} is a percentage of the container's memory limit, and it has none`);
  const factor = unit === '%' ? (wholeBytes ?? 0) / 100 : sizeUnits[unit];
  if (number === '' || factor === undefined) throw new ChaosRefusal(`size "${size}" is none: 256MB, or a percentage`);
  return Math.floor(Number(number) * factor);
}
