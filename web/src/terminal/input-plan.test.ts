import { describe, expect, it } from 'vitest';
import { ASK_FROM_BYTES, ASK_FROM_LINES, MAX_INPUT_BYTES, MAX_PASTE_BYTES, planPaste, planRun, splitInput } from './input-plan.ts';

describe('splitInput', () => {
  it('keeps every byte, in order, in pieces the server takes', () => {
    const bytes = Uint8Array.from({ length: 2 * MAX_INPUT_BYTES + 3 }, (_, index) => index % 256);
    const pieces = splitInput(bytes);
    expect(pieces.map((piece) => piece.byteLength)).toEqual([MAX_INPUT_BYTES, MAX_INPUT_BYTES, 3]);
    expect(pieces.flatMap((piece) => [...piece])).toEqual([...bytes]);
  });

  it('sends a key as one piece and nothing as none', () => {
    expect(splitInput(Uint8Array.of(97))).toHaveLength(1);
    expect(splitInput(new Uint8Array())).toEqual([]);
  });
});

describe('planPaste', () => {
  it.each([
    ['nothing', '', { kind: 'nothing' }],
    ['a word', 'kubectl', { kind: 'paste', text: 'kubectl' }],
    ['a line with its end', 'kubectl get pods\n', { kind: 'paste', text: 'kubectl get pods\n' }],
    ['four lines', 'a\nb\nc\nd\n', { kind: 'paste', text: 'a\nb\nc\nd\n' }],
    ['only control characters', '\u0003\u001b', { kind: 'nothing' }],
  ] as const)('%s', (_name, clipboard, expected) => expect(planPaste(clipboard)).toEqual(expected));

  it('asks from five lines on, whatever ends them', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      expect(planPaste(Array.from({ length: ASK_FROM_LINES }, () => 'x').join(end))).toMatchObject({ kind: 'ask', lines: ASK_FROM_LINES });
    }
  });

  it('asks about one very long line, counted in bytes', () => {
    expect(planPaste('é'.repeat(ASK_FROM_BYTES / 2))).toMatchObject({ kind: 'ask', lines: 1, bytes: ASK_FROM_BYTES });
  });

  it('takes out what could end a bracketed paste and run by itself', () => {
    expect(planPaste('echo a\u001b[201~\rrm -rf x')).toMatchObject({ text: 'echo a[201~\rrm -rf x' });
    expect(planPaste('a\u009b201~b\tc')).toMatchObject({ text: 'a201~b\tc' });
  });

  it('refuses what nobody means to paste', () => {
    expect(planPaste('x'.repeat(MAX_PASTE_BYTES + 1))).toEqual({ kind: 'too large', bytes: MAX_PASTE_BYTES + 1 });
  });
});

describe('planRun', () => {
  const prompt = { bracketedPaste: true, alternateScreen: false };

  it('clears what was half typed and enters a command as one', () => {
    expect(planRun('kubectl apply -f - <<EOF\na: 1\nEOF\n', prompt)).toEqual({
      kind: 'send',
      data: '\u0005\u0015\u001b[200~kubectl apply -f - <<EOF\ra: 1\rEOF\u001b[201~\r',
    });
  });

  it('types line by line where there is no line editor', () => {
    expect(planRun('one\r\ntwo\n\n', { bracketedPaste: false, alternateScreen: false })).toEqual({ kind: 'send', data: 'one\rtwo\r' });
  });

  it('never types into an editor', () => {
    expect(planRun('rm x', { bracketedPaste: true, alternateScreen: true }).kind).toBe('busy');
  });
});
