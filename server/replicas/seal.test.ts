import { describe, expect, it } from 'vitest';
import { Seal } from './seal.ts';
import { decodeMessage, encodeMessage } from './wire-format.ts';

describe('a message among replicas', () => {
  it.each([
    ['plain values', { a: [1, 'ä', null, true, { b: {} }] }],
    ['bytes anywhere', [new Uint8Array([0, 255, 7]), { data: new Uint8Array(0), more: [new Uint8Array([1])] }]],
    ['what looks like the place of bytes', { $bytes: [0, 1], $$bytes: 'x', $: 1 }],
    ['nothing', null],
  ])('comes through with %s', (_, message) => {
    expect(decodeMessage(encodeMessage(message))).toEqual(message);
  });

  it('names no bytes outside itself', () => {
    const forged = encodeMessage('x');
    const json = Buffer.from('[{"$bytes":[0,99]}]');
    forged.writeUInt32BE(json.length);
    expect(() => decodeMessage(Buffer.concat([forged.subarray(0, 4), json]))).toThrow(RangeError);
  });
});

describe('the seal', () => {
  const a = (): Seal => new Seal('secret', 'rp-a');
  const b = (): Seal => new Seal('secret', 'rp-b');

  it('opens what another replica closed, and names it', () => {
    const opened = b().open('all', a().close('all', Buffer.from('hello')));
    expect(opened).toEqual({ from: 'rp-a', message: Buffer.from('hello') });
  });

  it('hides the message', () => {
    expect(a().close('all', Buffer.from('rm -rf typed here')).includes('typed')).toBe(false);
  });

  it('refuses what was opened before, or is older', () => {
    const [sender, receiver] = [a(), b()];
    const first = sender.close('all', Buffer.from('1'));
    const second = sender.close('all', Buffer.from('2'));
    expect(receiver.open('all', second)).toBeDefined();
    expect(receiver.open('all', second)).toBeUndefined();
    expect(receiver.open('all', first)).toBeUndefined();
  });

  it.each([
    ['of another installation', new Seal('another', 'rp-a').close('all', Buffer.from('x'))],
    ['for another channel', a().close('to:rp-c', Buffer.from('x'))],
    ['that was changed', flipped(a().close('all', Buffer.from('x')))],
    ['that is too short', Buffer.from([1])],
    ['of nothing', Buffer.alloc(0)],
  ])('refuses a message %s', (_, bytes) => {
    expect(b().open('all', bytes)).toBeUndefined();
  });
});

function flipped(bytes: Buffer): Buffer {
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return bytes;
}
