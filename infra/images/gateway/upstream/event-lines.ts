/** Longest event that is read; a provider that sends more is broken. */
const MAX_EVENT_CHARS = 1_048_576;

/** The data of each server-sent event of a body, as it comes. Throws RangeError when one is larger than a mebibyte. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    const events = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n\r?\n/);
    rest = events.pop() ?? '';
    if (rest.length > MAX_EVENT_CHARS) throw new RangeError('an event of the stream is too large');
    for (const event of events) yield* dataOf(event);
  }
  yield* dataOf(rest);
}

function dataOf(event: string): readonly string[] {
  const data = event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).replace(/^ /, ''));
  return data.length === 0 ? [] : [data.join('\n')];
}
