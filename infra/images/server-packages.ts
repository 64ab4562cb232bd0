/** What package-lock.json says of one folder below node_modules; only what is needed here. */
export interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const modules = 'node_modules/';

/**
 * The folders of all packages that a program needs at run time, sorted: those of `direct` that its text names, and what they depend on, found as
 * Node finds them. Whether an optional one is there is for the disk to say. Pure.
 *
 * @param locked the `packages` of a package-lock.json, version 2 or 3
 */
export function planPackages(
  program: string,
  direct: readonly string[],
  locked: Readonly<Record<string, LockedPackage>>,
): readonly string[] {
  const found = new Set<string>();
  const visit = (folder: string): void => {
    if (found.has(folder)) return;
    found.add(folder);
    const { dependencies, optionalDependencies, peerDependencies } = locked[folder] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const needed = folderOf(name, folder, locked);
      if (needed !== undefined) visit(needed);
    }
  };
  for (const name of direct.filter((each) => isNamed(program, each))) visit(modules + name);
  return [...found].sort();
}

/** Imports and require.resolve alike: the name in quotes, alone or with a path. */
function isNamed(program: string, name: string): boolean {
  return [`'${name}'`, `"${name}"`, `'${name}/`, `"${name}/`].some((text) => program.includes(text));
}

/** Beside the package that asks, then further up. */
function folderOf(name: string, asking: string, locked: Readonly<Record<string, LockedPackage>>): string | undefined {
  for (let from = asking; ;) {
    const folder = `${from === '' ? '' : `${from}/`}${modules}${name}`;
    if (locked[folder] !== undefined) return folder;
    if (from === '') return undefined;
    from = from.slice(0, Math.max(0, from.lastIndexOf(modules) - 1));
  }
}
