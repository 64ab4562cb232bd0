import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import type { DownwardAPIVolumeFile, ProjectedVolumeSource, Volume, VolumeProjection } from '../generated/types.ts';
import { parseQuantity } from '../quantity.ts';
import { checkFieldRef, checkFileMode, checkKeyToPath, checkRelativePath, checkResourceFieldRef } from './env.ts';
import { checkDnsLabel, checkRequired, isEmpty, type Report } from './report.ts';

/** Checks the volumes and gives back the names of the good ones, which mounts may refer to. */
export function checkVolumes(report: Report, volumes: readonly Volume[], path: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [index, volume] of volumes.entries()) {
    const at = `${path}[${index}]`;
    const faults: FieldError[] = [];
    const add: Report = (error) => void faults.push(error);
    checkSource(add, volume, at);
    if (isEmpty(volume.name)) add(required(`${at}.name`));
    else checkDnsLabel(add, volume.name, `${at}.name`);
    if (names.has(volume.name)) add(duplicate(`${at}.name`, volume.name));
    if (faults.length === 0) names.add(volume.name);
    for (const fault of faults) report(fault);
  }
  return names;
}

const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

type SourceCheck<Name extends keyof Volume> = (report: Report, source: NonNullable<Volume[Name]>, path: string) => void;

const checks: { readonly [Name in keyof Volume]?: SourceCheck<Name> } = {
  emptyDir: (report, { sizeLimit }, path) => {
    if (sizeLimit !== undefined && parseQuantity(sizeLimit).nano < 0n) {
      report(forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
    }
  },
  hostPath: (report, { path: hostPath, type = '' }, path) => {
    if (!checkRequired(report, hostPath, `${path}.path`)) return;
    if (hostPath.split('/').includes('..')) report(invalid(`${path}.path`, hostPath, "must not contain '..'"));
    if (!hostPathTypes.includes(type)) report(notSupported(`${path}.type`, type, hostPathTypes));
  },
  secret: (report, { secretName, defaultMode, items = [] }, path) => {
    checkRequired(report, secretName, `${path}.secretName`);
    checkFileMode(report, defaultMode, `${path}.defaultMode`);
    checkKeyToPath(report, items, `${path}.items`);
  },
  configMap: (report, { name, defaultMode, items = [] }, path) => {
    checkRequired(report, name, `${path}.name`);
    checkFileMode(report, defaultMode, `${path}.defaultMode`);
    checkKeyToPath(report, items, `${path}.items`);
  },
  persistentVolumeClaim: (report, { claimName }, path) => void checkRequired(report, claimName, `${path}.claimName`),
  downwardAPI: (report, { defaultMode, items = [] }, path) => {
    checkFileMode(report, defaultMode, `${path}.defaultMode`);
    checkDownwardFiles(report, items, `${path}.items`);
  },
  projected: (report, source, path) => checkProjected(report, source, path),
  nfs: (report, { server, path: exported }, path) => {
    checkRequired(report, server, `${path}.server`);
    if (checkRequired(report, exported, `${path}.path`) && !exported.startsWith('/'))
      report(invalid(`${path}.path`, exported, 'must be an absolute path'));
  },
  csi: (report, { driver }, path) => void checkRequired(report, driver, `${path}.driver`),
  ephemeral: (report, { volumeClaimTemplate }, path) => {
    if (volumeClaimTemplate === undefined) report(required(`${path}.volumeClaimTemplate`));
  },
};

function checkSource(report: Report, volume: Volume, path: string): void {
  let count = 0;
  for (const [name, source] of Object.entries(volume)) {
    if (name === 'name' || source === undefined) continue;
    count += 1;
    if (count > 1) report(forbidden(`${path}.${name}`, 'may not specify more than 1 volume type'));
    else (checks[name as keyof Volume] as SourceCheck<never> | undefined)?.(report, source as never, `${path}.${name}`);
  }
  if (count === 0) report(required(path, 'must specify a volume type'));
}

function checkDownwardFiles(report: Report, files: readonly DownwardAPIVolumeFile[], path: string): void {
  for (const [index, file] of files.entries()) {
    const at = `${path}[${index}]`;
    if (checkRequired(report, file.path, `${at}.path`)) checkRelativePath(report, file.path, `${at}.path`);
    if (file.fieldRef !== undefined) {
      checkFieldRef(report, file.fieldRef, 'volume', `${at}.fieldRef`);
      if (file.resourceFieldRef !== undefined)
        report(invalid(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    } else if (file.resourceFieldRef !== undefined) {
      checkRequired(report, file.resourceFieldRef.containerName, `${at}.resourceFieldRef.containerName`);
      checkResourceFieldRef(report, file.resourceFieldRef, `${at}.resourceFieldRef`);
    } else report(required(at, 'one of fieldRef and resourceFieldRef is required'));
    checkFileMode(report, file.mode, `${at}.mode`);
  }
}

function checkProjected(report: Report, { sources = [], defaultMode }: ProjectedVolumeSource, path: string): void {
  checkFileMode(report, defaultMode, `${path}.defaultMode`);
  const seen = new Set<string>();
  for (const [index, source] of sources.entries()) {
    const at = `${path}.sources[${index}]`;
    checkProjection(report, source, at);
    for (const file of projectedPaths(source)) {
      if (seen.has(file)) report(invalid(path, file, 'conflicting duplicate paths'));
      seen.add(file);
    }
  }
}

function projectedPaths({ secret, configMap, downwardAPI, serviceAccountToken }: VolumeProjection): string[] {
  const items = [...(secret?.items ?? []), ...(configMap?.items ?? []), ...(downwardAPI?.items ?? [])].map(({ path }) => path);
  return serviceAccountToken === undefined ? items : [...items, serviceAccountToken.path];
}

const minTokenSeconds = 600;
const maxTokenSeconds = 2 ** 32;

function checkProjection(report: Report, source: VolumeProjection, path: string): void {
  const kinds = Object.keys(source);
  if (kinds.length > 1) report(forbidden(path, 'may not specify more than 1 volume type'));
  const { secret, configMap, downwardAPI, serviceAccountToken } = source;
  if (secret !== undefined) {
    checkRequired(report, secret.name, `${path}.secret.name`);
    checkKeyToPath(report, secret.items ?? [], `${path}.secret.items`);
  }
  if (configMap !== undefined) {
    checkRequired(report, configMap.name, `${path}.configMap.name`);
    checkKeyToPath(report, configMap.items ?? [], `${path}.configMap.items`);
  }
  if (downwardAPI !== undefined) checkDownwardFiles(report, downwardAPI.items ?? [], `${path}.downwardAPI.items`);
  if (serviceAccountToken === undefined) return;
  const seconds = serviceAccountToken.expirationSeconds ?? 0;
  const at = `${path}.serviceAccountToken`;
  if (seconds < minTokenSeconds) report(invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > maxTokenSeconds) report(invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'));
  checkRequired(report, serviceAccountToken.path, `${at}.path`);
}
