import { forbidden, invalid, required } from '../field-error.ts';
import type { Container, HTTPGetAction, LifecycleHandler, Probe } from '../generated/types.ts';
import { checkNonNegative, checkOneOf, checkPortNumber, checkPortNumberOrName, checkRequired, type Report } from './report.ts';

type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<LifecycleHandler, 'sleep'>;

export function checkProbes(report: Report, container: Container, path: string): void {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  checkProbe(report, livenessProbe, `${path}.livenessProbe`);
  checkSuccessOnce(report, livenessProbe, `${path}.livenessProbe`);
  checkProbe(report, readinessProbe, `${path}.readinessProbe`);
  if (readinessProbe?.terminationGracePeriodSeconds !== undefined) {
    const at = `${path}.readinessProbe.terminationGracePeriodSeconds`;
    report(invalid(at, readinessProbe.terminationGracePeriodSeconds, 'must not be set for readinessProbes'));
  }
  checkProbe(report, startupProbe, `${path}.startupProbe`);
  checkSuccessOnce(report, startupProbe, `${path}.startupProbe`);
}

function checkSuccessOnce(report: Report, probe: Probe | undefined, path: string): void {
  const threshold = probe?.successThreshold ?? 1;
  if (threshold !== 1) report(invalid(`${path}.successThreshold`, threshold, 'must be 1'));
}

function checkProbe(report: Report, probe: Probe | undefined, path: string): void {
  if (probe === undefined) return;
  checkHandler(report, probe, path);
  for (const field of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const) {
    checkNonNegative(report, probe[field], `${path}.${field}`);
  }
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) report(invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
}

export function checkLifecycle(report: Report, container: Container, path: string): void {
  const { postStart, preStop } = container.lifecycle ?? {};
  if (postStart !== undefined) checkHandler(report, postStart, `${path}.lifecycle.postStart`);
  if (preStop !== undefined) checkHandler(report, preStop, `${path}.lifecycle.preStop`);
}

function checkHandler(report: Report, handler: Handler, path: string): void {
  let count = 0;
  /** The first of several is checked, the others are too many. */
  const isOnly = (name: string): boolean => {
    count += 1;
    if (count > 1) report(forbidden(`${path}.${name}`, 'may not specify more than 1 handler type'));
    return count === 1;
  };
  if (handler.exec !== undefined && isOnly('exec') && (handler.exec.command ?? []).length === 0) report(required(`${path}.exec.command`));
  if (handler.httpGet !== undefined && isOnly('httpGet')) checkHttpGet(report, handler.httpGet, `${path}.httpGet`);
  if (handler.tcpSocket !== undefined && isOnly('tcpSocket'))
    checkPortNumberOrName(report, handler.tcpSocket.port, `${path}.tcpSocket.port`);
  if (handler.grpc !== undefined && isOnly('grpc')) checkPortNumber(report, handler.grpc.port, `${path}.grpc.port`);
  if (handler.sleep !== undefined && isOnly('sleep') && handler.sleep.seconds < 0) {
    report(
      invalid(
        `${path}.sleep`,
        handler.sleep.seconds,
        'must be greater than or equal to 0 and less than terminationGracePeriodSeconds (30)',
      ),
    );
  }
  if (count === 0) report(required(path, 'must specify a handler type'));
}

const headerName = /^[-A-Za-z0-9]+$/;

function checkHttpGet(report: Report, action: HTTPGetAction, path: string): void {
  checkRequired(report, action.path, `${path}.path`);
  checkPortNumberOrName(report, action.port, `${path}.port`);
  checkOneOf(report, action.scheme, `${path}.scheme`, ['HTTP', 'HTTPS']);
  for (const { name } of action.httpHeaders ?? []) {
    if (headerName.test(name)) continue;
    const detail =
      "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
    report(invalid(`${path}.httpHeaders`, name, detail));
  }
}
