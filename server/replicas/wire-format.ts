/** A message as bytes: the length of its JSON, the JSON (a list of that one message), and after it every `Uint8Array` that the message held. */
const LENGTH_BYTES = 4;
/** Stands in the JSON where bytes stood: `{"$bytes": [offset, length]}`. Keys of messages that begin with a dollar get another one. */
const BYTES_KEY = '$bytes';

/** JSON values, `undefined` left out, with `Uint8Array` anywhere in them. */
export function encodeMessage(message: unknown): Buffer {
  const chunks: Uint8Array[] = [];
  let offset = 0;
  const encode = (value: unknown): unknown => {
    if (value instanceof Uint8Array) {
      const place = [offset, value.byteLength];
      chunks.push(value);
      offset += value.byteLength;
      return { [BYTES_KEY]: place };
    }
    if (Array.isArray(value)) return value.map(encode);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.startsWith('$') ? `$${key}` : key, encode(inner)]));
  };
  const json = Buffer.from(JSON.stringify([encode(message)]));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, ...chunks]);
}

/** Throws when the bytes are no message of {@link encodeMessage}. */
export function decodeMessage(bytes: Buffer): unknown {
  const jsonEnd = LENGTH_BYTES + bytes.readUInt32BE(0);
  const decode = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(decode);
    if (typeof value !== 'object' || value === null) return value;
    const place = (value as Readonly<Record<string, unknown>>)[BYTES_KEY];
    if (place !== undefined) return bytesAt(bytes, jsonEnd, place);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.startsWith('$$') ? key.slice(1) : key, decode(inner)]));
  };
  const [message] = JSON.parse(bytes.subarray(LENGTH_BYTES, jsonEnd).toString('utf8')) as [unknown];
  return decode(message);
}

function bytesAt(bytes: Buffer, start: number, place: unknown): Uint8Array {
  const [offset, length] = Array.isArray(place) ? (place as unknown[]) : [];
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length))
    throw new RangeError('The place of bytes in a message is not given by two numbers.');
  const from = start + (offset as number);
  const to = from + (length as number);
  if (from < start || to < from || to > bytes.length) throw new RangeError('A message names bytes that it does not hold.');
  return new Uint8Array(bytes.subarray(from, to));
}
