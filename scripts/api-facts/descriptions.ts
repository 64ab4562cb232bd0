import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import ts from 'typescript';
import type { FieldFacts } from './type-names.ts';

/** Prose of one type: its own under the empty key, its fields' under their names. */
export type TypeDescriptions = Record<string, string>;

const require = createRequire(import.meta.url);

/**
 * Reads the prose of `kubectl explain` from doc comments: of client-node first, which is newer, then of kubernetes-types, which alone
 * describes the fields that hold another described type.
 */
export function typeDescriptions(facts: FieldFacts): Record<string, TypeDescriptions> {
  const modelsDir = path.join(path.dirname(require.resolve('@kubernetes/client-node')), 'gen', 'models');
  const typesDir = path.dirname(require.resolve('kubernetes-types/package.json'));
  const result: Record<string, TypeDescriptions> = {};
  for (const [packageName, { types }] of Object.entries(facts)) {
    const olderPackage = readInterfaces(path.join(typesDir, packageFile(packageName)));
    for (const name of Object.keys(types)) {
      const newer = modelNames(packageName, name)
        .map((model) => readInterfaces(path.join(modelsDir, `${model}.d.ts`))[model])
        .find((found) => found !== undefined);
      const merged = { ...olderPackage[name], ...newer };
      if (Object.keys(merged).length > 0) result[`${packageName}.${name}`] = merged;
    }
  }
  return result;
}

/** `rbac.authorization.k8s.io/v1` lies in rbac/v1.d.ts. */
function packageFile(packageName: string): string {
  const [group = '', version = ''] = packageName.split('/');
  return path.join(group.split('.')[0] ?? '', `${version}.d.ts`);
}

function modelNames(packageName: string, name: string): string[] {
  const [group = '', version = ''] = packageName.split('/');
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  return [`${capital(version)}${name}`, `${capital(group.split('.')[0] ?? '')}${capital(version)}${name}`];
}

function readInterfaces(file: string): Record<string, TypeDescriptions> {
  if (!existsSync(file)) return {};
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: Record<string, TypeDescriptions> = {};
  for (const statement of source.statements) {
    if (!ts.isClassDeclaration(statement) && !ts.isInterfaceDeclaration(statement)) continue;
    if (statement.name === undefined) continue;
    const descriptions: TypeDescriptions = {};
    const own = docOf(statement, source);
    if (own !== '') descriptions[''] = own;
    for (const member of statement.members) {
      const text = docOf(member, source);
      if (text !== '' && member.name !== undefined && (ts.isIdentifier(member.name) || ts.isStringLiteral(member.name)))
        descriptions[member.name.text] = text;
    }
    found[statement.name.text] = descriptions;
  }
  return found;
}

/** The last doc comment before a node. client-node escapes quotes as a JavaScript string would. */
function docOf(node: ts.Node, source: ts.SourceFile): string {
  const ranges = ts.getLeadingCommentRanges(source.text, node.pos) ?? [];
  const last = ranges.at(-1);
  if (last === undefined) return '';
  const raw = source.text.slice(last.pos, last.end);
  if (!raw.startsWith('/**')) return '';
  return raw
    .slice(3, -2)
    .split('\n')
    .map((line) => line.replace(/^\s*\*\s?/, '').trimEnd())
    .join('\n')
    .trim()
    .replace(/\\(["'])/g, '$1');
}
