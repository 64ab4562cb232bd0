import { parseArgs } from 'node:util';
import { loadCatalogue, ownLabsDir } from '../../labs/catalogue.ts';
import { describeProblem } from '../../labs/describe-problem.ts';
import { drillJsonSchema } from './drill-script.ts';
import { loadScripts, ownScriptsDir } from './load-scripts.ts';

const usage = `usage:
  npm run drill -- check [FOLDER ...]     reads all drill scripts and tells what is wrong with them, by file and line
    --labs FOLDER                         a folder of labs besides our own, whose faults scripts may name; may be given again
  npm run drill -- schema                 the JSON Schema of drill scripts`;

interface Output {
  readonly say: (text: string) => void;
  readonly tell: (text: string) => void;
}

/** Runs one command line and answers its exit code: 0 as it must be, 1 not, 2 asked wrongly. */
export async function runDrillCommand(argv: readonly string[], output: Output): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], allowPositionals: true, options: { labs: { type: 'string', multiple: true, default: [] } } });
  } catch (error) {
    output.tell(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  const [command, ...folders] = parsed.positionals;
  switch (command) {
    case 'check':
      return check(folders.length === 0 ? [ownScriptsDir] : folders, parsed.values.labs, output);
    case 'schema':
      output.say(JSON.stringify(drillJsonSchema(), null, 2));
      return 0;
    default:
      output.tell(`${command === undefined ? 'Name a command.' : `There is no command ${command}.`}\n${usage}`);
      return 2;
  }
}

async function check(dirs: readonly string[], labDirs: readonly string[], { say }: Output): Promise<number> {
  const { labs } = await loadCatalogue([...labDirs, ownLabsDir]);
  const { scripts, problems } = await loadScripts(
    dirs,
    labs.map(({ summary }) => summary),
  );
  for (const { slug, script, hash } of scripts) {
    const where = script.live === undefined ? 'tabletop' : `tabletop, or live fire in the lab ${script.live.lab}`;
    say(`${slug} ${script.version}: ${script.injects.length} injects, ${script.minutes} minutes, ${where}, sha256 ${hash.slice(0, 12)}`);
  }
  for (const problem of problems) say(describeProblem(problem));
  return problems.length === 0 ? 0 : 1;
}
