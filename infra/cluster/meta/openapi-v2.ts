import protobuf from 'protobufjs/minimal.js';

/** The type that kubectl asks for, with a dot where its Accept header has an at sign, as the server answers it. */
export const openApiV2MediaType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/**
 * What `/openapi/v2` answers: a document without paths or types. kubectl reads version 2 only after it did not find a kind in version 3,
 * and then goes on to say that there is no such kind; without any document it would complain about that instead.
 */
export function openApiV2Document(): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32(field(1)).string('2.0');
  writer.uint32(field(2)).fork().uint32(field(1)).string('Kubernetes').uint32(field(2)).string('v1.36').ldelim();
  writer.uint32(field(8)).fork().ldelim();
  return Buffer.from(writer.finish());
}

/** The tag of a length-delimited field: `swagger` 1, `info` 2 (with `title` 1 and `version` 2), `paths` 8. */
function field(number: number): number {
  return (number << 3) | 2;
}
