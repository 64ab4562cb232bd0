import jsonPatch, { type Operation } from 'fast-json-patch';
import { badRequest, requestEntityTooLarge, unprocessablePatch } from '../status-error.ts';

const maxOperations = 10_000;
/** What `copy` may add up to, so that a short patch cannot make a huge object. */
const maxCopiedBytes = 3 * 1024 * 1024;

/** JSON patch, RFC 6902. What cannot be applied, a failed test among it, is the server's terse 422. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  if (patch.length > maxOperations) {
    throw requestEntityTooLarge(`The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`);
  }
  let result: unknown = structuredClone(document);
  let copiedBytes = 0;
  try {
    for (const operation of patch as Operation[]) {
      // RFC 6902, section 4.4: nothing moves into itself. The library would make a ring of it.
      if (operation.op === 'move' && operation.path.startsWith(`${operation.from}/`)) throw unprocessablePatch();
      if (operation.op === 'copy') copiedBytes += JSON.stringify(jsonPatch.getValueByPointer(result, operation.from) ?? null).length;
      if (copiedBytes > maxCopiedBytes) throw unprocessablePatch();
      result = jsonPatch.applyOperation(result, operation, true, true).newDocument;
    }
  } catch {
    throw unprocessablePatch();
  }
  return result;
}
