import { sortedJson } from './go-format.ts';

/**
 * Checks of names, with the words of k8s.io/apimachinery's validation package. A check returns what is wrong, in words that follow the
 * offending value, or an empty list.
 */
export type NameCheck = (value: string) => readonly string[];

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualifiedName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';
const envVarName = '[-._a-zA-Z][-._a-zA-Z0-9]*';
const relaxedEnvVarName = /^[\x20-\x3c\x3e-\x7e]+$/;
const configMapKey = '[-._a-zA-Z0-9]+';
const portName = '[-a-z0-9]+';

function whole(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`);
}

function regexError(message: string, pattern: string, ...examples: string[]): string {
  const shown = examples.map((example) => `'${example}', `).join('or ');
  return examples.length === 0
    ? `${message} (regex used for validation is '${pattern}')`
    : `${message} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

const labelRegex = whole(label);
const subdomainRegex = whole(subdomain);
const label1035Regex = whole(label1035);
const qualifiedNameRegex = whole(qualifiedName);
const labelValueRegex = whole(labelValue);
const envVarNameRegex = whole(envVarName);
const configMapKeyRegex = whole(configMapKey);

const labelMessage = regexError(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  label,
  'my-name',
  '123-abc',
);
const subdomainMessage = regexError(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  subdomain,
  'example.com',
);
const label1035Message = regexError(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  label1035,
  'my-name',
  'abc-123',
);
const qualifiedNameMessage = regexError(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  qualifiedName,
  'MyName',
  'my.name',
  '123-abc',
);
const labelValueMessage = regexError(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  labelValue,
  'MyValue',
  'my_value',
  '12345',
);
const configMapKeyMessage = regexError(
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  configMapKey,
  'key.name',
  'KEY_NAME',
  'key-name',
);
const envVarNameMessage = regexError(
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
  envVarName,
  'my.env-name',
  'MY_ENV.NAME',
  'MyEnvName1',
);

export const maxLengthMessage = (max: number): string => `must be no more than ${max} bytes`;
const emptyMessage = 'must be non-empty';

export const isDns1123Label: NameCheck = (value) => [
  ...(value.length > 63 ? [maxLengthMessage(63)] : []),
  ...(labelRegex.test(value) ? [] : [subdomainRegex.test(value) ? 'must not contain dots' : labelMessage]),
];

export const isDns1123Subdomain: NameCheck = (value) => [
  ...(value.length > 253 ? [maxLengthMessage(253)] : []),
  ...(subdomainRegex.test(value) ? [] : [subdomainMessage]),
];

export const isDns1035Label: NameCheck = (value) => [
  ...(value.length > 63 ? [maxLengthMessage(63)] : []),
  ...(label1035Regex.test(value) ? [] : [label1035Message]),
];

export const isWildcardDns1123Subdomain: NameCheck = (value) => {
  const pattern = `\\*\\.${subdomain}`;
  const message = regexError(
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    pattern,
    '*.example.com',
  );
  return [...(value.length > 253 ? [maxLengthMessage(253)] : []), ...(whole(pattern).test(value) ? [] : [message])];
};

/** `prefix/name` of labels, annotations and extended resources. */
export const isQualifiedName: NameCheck = (value) => {
  const parts = value.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2) {
    return [`a qualified name ${qualifiedNameMessage} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const name = second ?? first;
  const prefixFaults = second === undefined ? [] : prefixFaultsOf(first);
  return [...prefixFaults, ...nameFaultsOf(name)];
};

function prefixFaultsOf(prefix: string): string[] {
  if (prefix === '') return [`prefix part ${emptyMessage}`];
  return isDns1123Subdomain(prefix).map((fault) => `prefix part ${fault}`);
}

function nameFaultsOf(name: string): string[] {
  return [
    ...(name === '' ? [`name part ${emptyMessage}`] : []),
    ...(name.length > 63 ? [`name part ${maxLengthMessage(63)}`] : []),
    ...(qualifiedNameRegex.test(name) ? [] : [`name part ${qualifiedNameMessage}`]),
  ];
}

export const isLabelValue: NameCheck = (value) => [
  ...(value.length > 63 ? [maxLengthMessage(63)] : []),
  ...(labelValueRegex.test(value) ? [] : [labelValueMessage]),
];

export const isConfigMapKey: NameCheck = (value) => [
  ...(value.length > 253 ? [maxLengthMessage(253)] : []),
  ...(configMapKeyRegex.test(value) ? [] : [configMapKeyMessage]),
  ...dotFaults(value),
];

export const isEnvVarName: NameCheck = (value) => [...(envVarNameRegex.test(value) ? [] : [envVarNameMessage]), ...dotFaults(value)];

/** What 1.34 and later take for a variable: any printable ASCII but `=`. */
export const isRelaxedEnvVarName: NameCheck = (value) => {
  if (value === '') return ['environment variable name must be non-empty'];
  const message = "a valid environment variable name must consist only of printable ASCII characters other than '='";
  return relaxedEnvVarName.test(value) ? [] : [message];
};

function dotFaults(value: string): string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
}

/** The name of a container's or Service's port, as IANA_SVC_NAME. */
export const isValidPortName: NameCheck = (value) => [
  ...(value.length > 15 ? [`must be no more than 15 characters`] : []),
  ...(whole(portName).test(value) ? [] : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
  ...(/[a-z]/.test(value) ? [] : ['must contain at least one letter (a-z)']),
  ...(value.includes('--') ? ['must not contain consecutive hyphens'] : []),
  ...(value.startsWith('-') || value.endsWith('-') ? ['must not begin or end with a hyphen'] : []),
];

export const isValidPortNumber = (port: number): readonly string[] =>
  port >= 1 && port <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];

/** For names that stand in a URL's path: roles, custom objects. */
export const isPathSegmentName: NameCheck = (value) => {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((illegal) => value.includes(illegal)).map((illegal) => `may not contain '${illegal}'`);
};

/** Letters and digits that form no words: the alphabet of generated names and hashes. */
const safeAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Random characters for a generated name. */
export function randomSuffix(length = 5, random: () => number = Math.random): string {
  let suffix = '';
  for (let i = 0; i < length; i += 1) suffix += safeAlphabet.charAt(Math.floor(random() * safeAlphabet.length));
  return suffix;
}

const maxNameLength = 63;
const suffixLength = 5;

/** A name for `metadata.generateName`, cut so that it stays a label. */
export function generateName(base: string, random: () => number = Math.random): string {
  return base.slice(0, maxNameLength - suffixLength) + randomSuffix(suffixLength, random);
}

/** Spells text in the safe alphabet, one character for each. */
export function safeEncode(text: string): string {
  let encoded = '';
  for (let i = 0; i < text.length; i += 1) encoded += safeAlphabet.charAt(text.charCodeAt(i) % safeAlphabet.length);
  return encoded;
}

/** FNV-1a over UTF-16 units, 32 bits. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/**
 * The `pod-template-hash` of a template: equal for equal templates whatever the order of their keys. `collisionCount` gives another
 * hash where two templates meet. Kubernetes hashes Go's memory; its values cannot be had here, only their form.
 */
export function podTemplateHash(template: object, collisionCount?: number): string {
  const text = sortedJson(template) + (collisionCount === undefined ? '' : `#${collisionCount}`);
  return safeEncode(hash32(text).toString());
}
