/** Container paths and what they are on the host. */
export type PathMap = readonly { readonly containerPath: string; readonly hostPath: string }[];

/**
 * Replaces every container path of the map that `text` names, the longest first, at the borders of a path only: `/etc/tls` in
 * `--cert=/etc/tls/a.pem:/x` is replaced, in `/my/etc/tls` or `/etc/tls-old` it is not.
 */
export function mapHostPaths(map: PathMap, text: string): string {
  if (!text.includes('/')) return text;
  const known = map
    .filter(({ containerPath }) => containerPath !== '/')
    .map((entry) => ({ ...entry, containerPath: entry.containerPath.replace(/\/+$/, '') }));
  if (known.length === 0) return text;
  const byPath = new Map(known.map(({ containerPath, hostPath }) => [containerPath, hostPath]));
  const longestFirst = [...byPath.keys()].sort((a, b) => b.length - a.length).map((path) => path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`(?<![\\w./-])(?:${longestFirst.join('|')})(?![\\w.-])`, 'g');
  return text.replace(pattern, (path) => byPath.get(path) ?? path);
}
