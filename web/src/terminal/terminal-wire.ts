import type { z } from 'zod';
import type { LinkState } from '../realtime/link.ts';

/** The part of the page's link to the server that a terminal needs; `realtime/link.ts` fulfils it, tests bring their own. */
export interface TerminalWire {
  readonly state: LinkState;
  watch(watcher: () => void): () => void;
  onConnected(action: () => void): () => void;
  on<T>(event: string, schema: z.ZodType<T>, handler: (value: T) => void): () => void;
  onRaw(event: string, handler: (payload: unknown) => void): () => void;
  call<T>(event: string, payload: object, schema: z.ZodType<T>): Promise<T>;
  tell(event: string, payload: object): boolean;
}

export interface TerminalBytes {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/**
 * Checked by hand and not by zod, because a flood is thousands of these a second.
 * @returns null for another terminal's data and for what is not terminal data
 */
export function parseTerminalData(payload: unknown, terminalId: string): TerminalBytes | null {
  if (typeof payload !== 'object' || payload === null) return null;
  const { terminalId: id, seq, data } = payload as { terminalId?: unknown; seq?: unknown; data?: unknown };
  if (id !== terminalId || typeof seq !== 'number') return null;
  // socket.io hands binary over as an ArrayBuffer in browsers and as a Buffer in Node.
  if (data instanceof ArrayBuffer) return { seq, bytes: new Uint8Array(data) };
  return data instanceof Uint8Array ? { seq, bytes: data } : null;
}
