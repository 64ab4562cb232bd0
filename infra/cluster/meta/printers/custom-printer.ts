import type { TableColumnDefinition } from '../generated/types.ts';
import { evaluateJsonPath } from '../json-path.ts';
import type { KubeObject } from '../kube-object.ts';
import type { ColumnInfo, ResourceInfo } from '../registry.ts';
import { age, since, type Cell } from './row.ts';

const nameColumn: TableColumnDefinition = { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 };
const ageColumn: ColumnInfo = {
  name: 'Age',
  type: 'date',
  format: '',
  description: '',
  priority: 0,
  jsonPath: '.metadata.creationTimestamp',
};

/** A custom resource's columns: its name, then those of its definition, or its age where it has none. */
export function customColumns(info: ResourceInfo): TableColumnDefinition[] {
  return [
    nameColumn,
    ...columnsOf(info).map(({ name, type, format, description, priority }) => ({ name, type, format, description, priority })),
  ];
}

export function printCustom(info: ResourceInfo, object: KubeObject, nowMs: number): readonly Cell[] {
  return [object.metadata.name, ...columnsOf(info).map((column) => cell(column, object, nowMs))];
}

function columnsOf(info: ResourceInfo): readonly ColumnInfo[] {
  return info.columns.length === 0 ? [ageColumn] : info.columns;
}

function cell(column: ColumnInfo, object: KubeObject, nowMs: number): Cell {
  if (column.jsonPath === '.metadata.creationTimestamp' && column.type === 'date') return age(object, nowMs);
  const [value] = evaluateJsonPath(object, column.jsonPath ?? '');
  if (value === undefined || value === null) return null;
  switch (column.type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? since(value, nowMs) : null;
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}
