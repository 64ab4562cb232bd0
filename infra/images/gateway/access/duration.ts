const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, mo: 2_592_000_000 };

/** LiteLLM's durations: `30s`, `5m`, `12h`, `30d`, `1w`, `1mo` (here always thirty days). Undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})(s|m|h|d|w|mo)$/.exec(text.trim());
  const unitMs = units[match?.[2] ?? ''];
  const count = Number(match?.[1] ?? 0);
  return unitMs === undefined || count === 0 ? undefined : count * unitMs;
}
