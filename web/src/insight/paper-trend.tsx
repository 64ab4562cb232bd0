import { formatFigure } from '../../../server/contract/figure-words.ts';
import type { Figure } from '../../../server/contract/program.ts';
import styles from './insight.module.css';

/** In units of the drawing; paper scales it. */
const WIDTH = 400;
const HEIGHT = 110;
const LEFT = 44;
const BOTTOM = 16;
const TOP = 6;

/** The trend for paper, where a canvas keeps the size and the colours of the screen. Hidden on screens. */
export function PaperTrend({ figure: { trend, target, unit, title } }: { readonly figure: Figure }) {
  const times = trend.map(({ at }) => Date.parse(at));
  const [first, last] = [times[0] ?? 0, times.at(-1) ?? 0];
  const most = Math.max(target, ...trend.map(({ value }) => value ?? 0)) * 1.1 || 1;
  if (last <= first) return null;
  const x = (atMs: number): number => LEFT + ((atMs - first) / (last - first)) * (WIDTH - LEFT - 4);
  const y = (value: number): number => TOP + (1 - value / most) * (HEIGHT - TOP - BOTTOM);
  const day = (atMs: number): string => new Date(atMs).toLocaleDateString([], { day: 'numeric', month: 'short', year: 'numeric' });
  const points = trend.flatMap(({ value }, index) => (value === null ? [] : [{ x: x(times[index] ?? first), y: y(value) }]));
  const line = trend
    .map(({ value }, index) =>
      value === null ? '' : `${(trend[index - 1]?.value ?? null) === null ? 'M' : 'L'}${x(times[index] ?? first)} ${y(value)}`,
    )
    .join('');
  return (
    <svg className={styles['paperTrend']} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${title}, week by week`}>
      <line x1={LEFT} x2={WIDTH - 4} y1={y(0)} y2={y(0)} stroke="#adb5bd" />
      <line x1={LEFT} x2={WIDTH - 4} y1={y(target)} y2={y(target)} stroke="#5a6472" strokeDasharray="4 4" />
      <text x={LEFT - 5} y={y(target) + 3} textAnchor="end">
        {formatFigure(target, unit)}
      </text>
      <path d={line} fill="none" stroke="#364fc7" strokeWidth="2" />
      {points.map((point) => (
        <circle key={point.x} cx={point.x} cy={point.y} r="2.2" fill="#364fc7" />
      ))}
      <text x={LEFT} y={HEIGHT - 3}>
        {day(first)}
      </text>
      <text x={WIDTH - 4} y={HEIGHT - 3} textAnchor="end">
        {day(last)}
      </text>
    </svg>
  );
}
