import { isOperator, type User } from './user.ts';
import type { RequestInfo } from './request-info.ts';

/** Label sets that are kept apart; the rest is counted together, so that odd requests cannot grow the list without end. */
const MAX_SERIES = 2_000;

/** Counts answered requests for `/metrics`. What operators ask is left out: a trainee who reads the numbers shall not see who else is there. */
export class RequestMetrics {
  readonly #counts = new Map<string, number>();

  count(user: User | undefined, info: RequestInfo | undefined, code: number): void {
    if (user === undefined || info === undefined || isOperator(user)) return;
    const labels = info.isResource
      ? `group="${info.group}",resource="${info.resource}",subresource="${info.subresource ?? ''}",verb="${info.verb.toUpperCase()}",version="${info.version}"`
      : `group="",resource="",subresource="",verb="${info.verb.toUpperCase()}",version=""`;
    // Paths that lead nowhere may hold anything.
    const series = code === 404 || !/^[\w=",./ -]*$/.test(labels) ? `code="${code}"` : `code="${code}",${labels}`;
    const known = this.#counts.get(series);
    if (known === undefined && this.#counts.size >= MAX_SERIES) return;
    this.#counts.set(series, (known ?? 0) + 1);
  }

  /** In Prometheus' text format. */
  text(inFlight: number): string {
    const requests = [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([labels, count]) => `apiserver_request_total{${labels}} ${count}`);
    return [
      '# HELP apiserver_current_inflight_requests Number of requests that are being answered, long-running ones apart.',
      '# TYPE apiserver_current_inflight_requests gauge',
      `apiserver_current_inflight_requests ${inFlight}`,
      '# HELP apiserver_request_total Counter of apiserver requests broken out for each verb, group, version, resource and HTTP response code.',
      '# TYPE apiserver_request_total counter',
      ...requests,
      '',
    ].join('\n');
  }
}
