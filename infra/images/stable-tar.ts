import { pipeline } from 'node:stream/promises';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { extract, pack, type Header, type Pack } from 'tar-stream';

/** What differs between two builds of the same: caches and logs that nothing reads. */
const volatile =
  /^(\.\/)?(var\/cache\/ldconfig\/aux-cache|var\/log\/(alternatives|bootstrap|dpkg|faillog|lastlog|fontconfig)(\.log)?|var\/log\/apt\/.*)$/;
/** The third field of each line is the day a password was last changed: the build's. */
const shadow = /^(\.\/)?etc\/g?shadow-?$/;
const SECONDS_PER_DAY = 86_400;
/** Extended records that say in other words what the header says, or when a file was last read. */
const retold = new Set(['mtime', 'atime', 'ctime', 'path', 'linkpath', 'size']);

/**
 * Copies a layer so that what was built of the same at another time comes out the same, byte for byte: times after the epoch become the epoch, as
 * reproducible-builds.org has it, and what only tells of the build is left out. Order stays; engines write layers sorted.
 */
export async function copyStable(layer: Readable, to: Writable, epochSeconds: number): Promise<void> {
  const out = pack();
  const written = pipeline(out, to);
  const entries = layer.pipe(extract());
  for await (const entry of entries) {
    const header = stableHeader(entry.header, epochSeconds);
    if (volatile.test(header.name)) entry.resume();
    else if (header.type === 'file')
      await writeFile(out, header, shadow.test(header.name) ? clampShadow(await text(entry), epochSeconds) : entry);
    else {
      entry.resume();
      out.entry(header);
    }
  }
  out.finalize();
  await written;
}

/** Resolves when the file is in the archive. */
async function writeFile(out: Pack, header: Header, content: string | AsyncIterable<unknown>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error | null): void => (error === undefined || error === null ? resolve() : reject(error));
    if (typeof content === 'string') {
      const bytes = Buffer.from(content);
      out.entry({ ...header, size: bytes.byteLength }, bytes, done);
    } else void pump(content, out.entry(header, done)).catch(reject);
  });
}

async function pump(from: AsyncIterable<unknown>, to: ReturnType<Pack['entry']>): Promise<void> {
  for await (const chunk of from) if (!to.write(chunk)) await new Promise<void>((resolve) => to.once('drain', resolve));
  to.end(undefined);
}

/** Pure. */
export function stableHeader(header: Header, epochSeconds: number): Header {
  const { pax, ...rest } = header;
  const kept = Object.entries((pax ?? {}) as Readonly<Record<string, string>>).filter(([key]) => !retold.has(key));
  return {
    ...rest,
    mtime: new Date(Math.min(Math.floor(header.mtime.getTime() / 1000), epochSeconds) * 1000),
    uname: '',
    gname: '',
    ...(kept.length === 0 ? {} : { pax: Object.fromEntries(kept) }),
  };
}

/** Pure. Lines that name no day stay as they are. */
export function clampShadow(content: string, epochSeconds: number): string {
  const latest = Math.floor(epochSeconds / SECONDS_PER_DAY);
  return content
    .split('\n')
    .map((line) => {
      const [name, secret, day, ...rest] = line.split(':');
      return Number(day) > latest ? [name, secret, String(latest), ...rest].join(':') : line;
    })
    .join('\n');
}
