import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatNumber } from '../parts/format.ts';
import styles from './services.module.css';

type Axis = 'moments' | 'days' | 'runs';

interface Props {
  readonly title: string;
  readonly unit: string;
  readonly labels: readonly string[];
  /** Seconds since the epoch, or numbers of runs. */
  readonly times: readonly number[];
  /** What `times` are; moments where left out. */
  readonly axis?: Axis;
  /** One array a label, as long as `times`; null where nothing is known. */
  readonly values: readonly (readonly (number | null)[])[];
}

/** The second line is dashed as well, so that the two are told apart without colour. */
const STROKES = {
  light: ['#364fc7', '#0b7285'],
  dark: ['#91a7ff', '#66d9e8'],
} as const;
const CHART_HEIGHT_PX = 130;

export function LineChart({ title, unit, labels, times, values, axis = 'moments' }: Props) {
  const parent = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme('light');
  const labelKey = labels.join('|');
  useEffect(() => {
    const element = parent.current;
    if (element === null) return;
    const created = new uPlot(chartOptions(labelKey.split('|'), scheme, element.clientWidth, axis), [[]], element);
    plot.current = created;
    const resizes = new ResizeObserver(() => {
      created.setSize({ width: element.clientWidth, height: CHART_HEIGHT_PX });
    });
    resizes.observe(element);
    return () => {
      resizes.disconnect();
      created.destroy();
      plot.current = null;
    };
  }, [labelKey, scheme, axis]);
  useEffect(() => {
    plot.current?.setData([[...times], ...values.map((series) => [...series])]);
  }, [times, values, scheme, labelKey]);

  const latest = values.map((series) => series.findLast((value) => value !== null) ?? null);
  const summary = labels.map((label, index) => `${label} ${formatLatest(latest[index] ?? null)} ${unit}`).join(', ');
  return (
    <figure className={styles['chart']}>
      <figcaption className={styles['chartHead']}>
        <span className={styles['chartTitle']}>
          {title} <span className={styles['unit']}>{unit}</span>
        </span>
        {labels.map((label, index) => (
          <span key={label} className={styles['legend']}>
            <svg width="18" height="6" aria-hidden="true">
              <line
                x1="0"
                y1="3"
                x2="18"
                y2="3"
                stroke={STROKES[scheme][index]}
                strokeWidth="2"
                strokeDasharray={index === 0 ? undefined : '4 3'}
              />
            </svg>
            {label} <b>{formatLatest(latest[index] ?? null)}</b>
          </span>
        ))}
      </figcaption>
      <div ref={parent} role="img" aria-label={describe(axis, title, summary)} />
    </figure>
  );
}

const formatLatest = (value: number | null): string =>
  value === null ? '–' : formatNumber(value, value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0);

function describe(axis: Axis, title: string, summary: string): string {
  if (axis === 'runs') return `${title}, run by run. The last: ${summary}.`;
  return axis === 'days' ? `${title}. The last: ${summary}.` : `${title} over the last minutes. Now: ${summary}.`;
}

const formatDay = (seconds: number): string => new Date(seconds * 1_000).toLocaleDateString([], { month: 'short', day: 'numeric' });

const formatTick = (seconds: number): string =>
  new Date(seconds * 1_000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

function chartOptions(labels: readonly string[], scheme: 'light' | 'dark', width: number, axis: Axis): uPlot.Options {
  const isRuns = axis === 'runs';
  const look = {
    stroke: scheme === 'dark' ? '#9aa4b5' : '#5a6472',
    grid: { stroke: scheme === 'dark' ? '#222833' : '#e9ecf1', width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  return {
    width,
    height: CHART_HEIGHT_PX,
    legend: { show: false },
    cursor: { points: { show: false } },
    scales: {
      // Runs stand as far apart as their numbers, with room for the points of the first and the last.
      ...(isRuns
        ? { x: { time: false, range: (_plot: uPlot, min: number, max: number): [number, number] => [min - 0.5, max + 0.5] } }
        : {}),
      y: { range: (_plot, _min, max) => [0, isRuns && max > 0 ? max * 1.1 : Math.max(max * 1.1, 1)] },
    },
    axes: [
      isRuns
        ? { ...look, size: 28, incrs: [1, 2, 5, 10], values: (_plot, numbers) => numbers.map(String) }
        : { ...look, space: 80, values: (_plot, seconds) => seconds.map(axis === 'days' ? formatDay : formatTick) },
      { ...look, size: 44 },
    ],
    series: [
      {},
      ...labels.map((label, index) => ({
        label,
        stroke: STROKES[scheme][index] ?? '#868e96',
        width: 1.75,
        points: { show: isRuns && index === 0 },
        ...(index === 0 ? {} : { dash: [5, 4] }),
      })),
    ],
  };
}
