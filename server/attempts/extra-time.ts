/** More time than the lab gives. Both count. */
export interface ExtraTime {
  readonly percent: number;
  readonly minutes: number;
}

export const noExtraTime: ExtraTime = { percent: 0, minutes: 0 };

/** What becomes of so many minutes. Pure. */
export function allowedMinutes(minutes: number, { percent, minutes: more }: ExtraTime): number {
  return minutes + extraMinutes(minutes, { percent, minutes: more });
}

export function extraMinutes(minutes: number, { percent, minutes: more }: ExtraTime): number {
  return (minutes * percent) / 100 + more;
}

/** A clock that several share gives what the one who needs most of it has. */
export function mostOf(all: readonly ExtraTime[]): ExtraTime {
  return {
    percent: Math.max(0, ...all.map(({ percent }) => percent)),
    minutes: Math.max(0, ...all.map(({ minutes }) => minutes)),
  };
}

/** By how much limits of so many minutes stretch: 1 without extra time. */
export function limitFactor(minutes: number, extra: ExtraTime): number {
  return minutes <= 0 ? 1 : allowedMinutes(minutes, extra) / minutes;
}
