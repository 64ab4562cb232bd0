import { invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { jsonEqual } from '../go-format.ts';
import { isDns1123Label, isDns1123Subdomain, isValidPortName, isValidPortNumber, type NameCheck } from '../names.ts';

/** Where checks leave what they find. They go on after a fault, so that all faults of an object come back at once. */
export type Report = (error: FieldError) => void;

export const negativeMessage = 'must be greater than or equal to 0';
export const immutableMessage = 'field is immutable';

export function collect(check: (report: Report) => void): FieldError[] {
  const errors: FieldError[] = [];
  check((error) => {
    errors.push(error);
  });
  return errors;
}

export function checkNames(report: Report, value: string, path: string, check: NameCheck): void {
  for (const fault of check(value)) report(invalid(path, value, fault));
}

export const checkDnsLabel = (report: Report, value: string, path: string): void => checkNames(report, value, path, isDns1123Label);
export const checkDnsSubdomain = (report: Report, value: string, path: string): void => checkNames(report, value, path, isDns1123Subdomain);

export function checkRequired(report: Report, value: string | undefined, path: string, detail = ''): value is string {
  if (!isEmpty(value)) return true;
  report(required(path, detail));
  return false;
}

export function isEmpty(value: string | undefined): value is undefined | '' {
  return value === undefined || value === '';
}

export function checkNonNegative(report: Report, value: number | undefined, path: string): void {
  if (value !== undefined && value < 0) report(invalid(path, value, negativeMessage));
}

/** The value must be one of a closed set; an empty one is missing. */
export function checkOneOf(report: Report, value: string | undefined, path: string, supported: readonly string[]): void {
  if (isEmpty(value)) report(required(path));
  else if (!supported.includes(value)) report(notSupported(path, value, supported));
}

/** As {@link checkOneOf} where the field may be left out. */
export function checkOptionalOneOf(report: Report, value: string | undefined, path: string, supported: readonly string[]): void {
  if (value !== undefined && !supported.includes(value)) report(notSupported(path, value, supported));
}

export const protocols = ['SCTP', 'TCP', 'UDP'];

export function checkPortNumber(report: Report, port: number, path: string): void {
  for (const fault of isValidPortNumber(port)) report(invalid(path, port, fault));
}

export function checkPortNumberOrName(report: Report, port: string | number | undefined, path: string): void {
  if (typeof port === 'string') checkNames(report, port, path, isValidPortName);
  else checkPortNumber(report, port ?? 0, path);
}

export function checkImmutable(report: Report, next: unknown, previous: unknown, path: string): void {
  if (!jsonEqual(next ?? null, previous ?? null)) report(invalid(path, next, immutableMessage));
}

export const inclusiveRange = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;

const percent = /^[0-9]+%$/;

/** `25%` or a whole number. */
export function checkIntOrPercent(report: Report, value: string | number | undefined, path: string): void {
  if (typeof value === 'string' && !percent.test(value)) {
    report(
      invalid(
        path,
        value,
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', or '93%', regex used for validation is '[0-9]+%')",
      ),
    );
  } else if (typeof value === 'number') checkNonNegative(report, value, path);
}

export function checkNotMoreThanAll(report: Report, value: string | number | undefined, path: string): void {
  if (typeof value === 'string' && percent.test(value) && Number.parseInt(value, 10) > 100)
    report(invalid(path, value, 'must not be greater than 100%'));
}

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

export function isIpv4(text: string): boolean {
  return ipv4.test(text);
}

/** By the URL parser, which knows all ways of writing one. */
export function isIpv6(text: string): boolean {
  return text.includes(':') && /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]/`);
}

export function checkIp(report: Report, value: string, path: string): void {
  if (!isIpv4(value) && !isIpv6(value)) report(invalid(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'));
}

export function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  if (rest.length > 0 || !/^\d{1,3}$/.test(bits)) return false;
  return (isIpv4(address) && Number(bits) <= 32) || (isIpv6(address) && Number(bits) <= 128);
}

export function checkCidr(report: Report, value: string, path: string): void {
  if (!isCidr(value)) report(invalid(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'));
}
