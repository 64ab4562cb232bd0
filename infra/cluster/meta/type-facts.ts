import { typeFactsJson } from './generated/facts.ts';

/** What the Go declarations say about one field. */
export interface FieldFact {
  /** Go type with whole package names, e.g. `[]core/v1.Container`. */
  readonly type: string;
  /** Protobuf field number; absent on what protobuf does not carry (TypeMeta). */
  readonly number?: number;
  /** Embedded: its fields stand among the parent's in JSON; in protobuf it is a message of its own. */
  readonly inline?: boolean;
  readonly pointer?: boolean;
  readonly omitEmpty?: boolean;
  readonly required?: boolean;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
  /** A map or struct that an applier owns whole. */
  readonly atomic?: boolean;
  /** A struct owned field by field although its type says atomic. */
  readonly granular?: boolean;
  readonly default?: unknown;
}

export interface TypeFact {
  readonly atomic?: boolean;
  /** By JSON name; embedded structs by `~` and their type. */
  readonly fields: Readonly<Record<string, FieldFact>>;
}

export interface NamedTypeFact {
  /** The type that it stands for. */
  readonly type: string;
  /** The values of a string enum, sorted; absent on open sets. */
  readonly values?: readonly string[];
}

export interface TypeFacts {
  /** By package and name, e.g. `core/v1.Pod`. */
  readonly structs: Readonly<Record<string, TypeFact>>;
  readonly named: Readonly<Record<string, NamedTypeFact>>;
}

/** The types of the served API groups, generated from the declarations of Kubernetes 1.36. */
export const typeFacts = JSON.parse(typeFactsJson) as TypeFacts;
