const UNIT_MS: Readonly<Record<string, number>> = { '': 1_000, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, y: 31_536_000_000 };

/**
 * How far a program's clock is off, in milliseconds: `FAKETIME` in libfaketime's relative form, such as `-400d`, `+2h` or `-90`. What is not
 * in that form is no skew, as libfaketime has it too.
 */
export function clockSkewMs(env: Readonly<Record<string, string | undefined>>): number {
  const match = /^([+-]\d+(?:\.\d+)?)([smhdy]?)$/.exec((env['FAKETIME'] ?? '').trim());
  return match === null ? 0 : Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 0);
}

/** The time of day as this program believes it to be. */
export function wallTimeMs(): number {
  return Date.now() + skewMs;
}

const skewMs = clockSkewMs(process.env);
export const isClockSkewed = skewMs !== 0;
