import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** One repository that the host's apt knows. */
export interface AptRepository {
  readonly uri: string;
  readonly origin: string;
  readonly label: string;
}

const format = '$(REPO_URI)\t$(ORIGIN)\t$(LABEL)';

/** The host's own mirrors as sources for `suite`; empty on hosts that are not Debian or have no package lists yet. */
export async function hostDebianSources(suite: string): Promise<readonly string[]> {
  try {
    const { stdout } = await promisify(execFile)('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], {
      timeout: 20_000,
    });
    return planSources(parseRepositories(stdout), suite);
  } catch {
    return [];
  }
}

export function parseRepositories(text: string): readonly AptRepository[] {
  return text.split('\n').flatMap((line) => {
    const [uri, origin, label] = line.split('\t');
    return uri === undefined || origin === undefined || label === undefined ? [] : [{ uri, origin, label }];
  });
}

/** Security updates belong in a base image where the host has a mirror of them. */
export function planSources(repositories: readonly AptRepository[], suite: string): readonly string[] {
  const debian = repositories.filter((repository) => repository.origin === 'Debian');
  const main = debian.find((repository) => repository.label === 'Debian');
  if (main === undefined) return [];
  const security = debian.find((repository) => repository.label === 'Debian-Security');
  const sources = [`deb ${main.uri} ${suite} main`, `deb ${main.uri} ${suite}-updates main`];
  return security === undefined ? sources : [...sources, `deb ${security.uri} ${suite}-security main`];
}
