import type { Socket } from 'socket.io-client';
import type { TerminalData } from '../../server/contract/events.ts';
import { emit } from './server-client.ts';

/** Bytes between acknowledgements, as the pages do it. */
const ACK_EVERY_BYTES = 100_000;

/** A terminal without a screen: types, and waits for what comes back. */
export class TerminalClient {
  readonly terminalId: string;
  readonly #socket: Socket;
  readonly #decoder = new TextDecoder();
  readonly #waiting = new Set<() => void>();
  /** The newest output as text, at most 256 KB. */
  text = '';
  bytes = 0;
  /** How often the server said that it does not take what was typed, or that the shell cannot be reached for now. */
  troubles = 0;
  /** The server said that the shell cannot be reached, and has not said yet that it is back. */
  isAway = false;
  #seq = 0;
  #acknowledged = 0;

  private constructor(socket: Socket, terminalId: string) {
    this.#socket = socket;
    this.terminalId = terminalId;
    socket.on('terminal:data', (message: TerminalData) => {
      if (message.terminalId === terminalId) this.#take(message);
    });
    const onTrouble = (event: string, isAway?: boolean): void => {
      socket.on(event, (message: { readonly terminalId: string }) => {
        if (message.terminalId !== terminalId) return;
        this.isAway = isAway ?? this.isAway;
        if (isAway !== false) this.troubles += 1;
        this.#wake();
      });
    };
    onTrouble('terminal:refused');
    onTrouble('terminal:lost', true);
    onTrouble('terminal:back', false);
  }

  static async open(socket: Socket, terminalId: string, access: 'write' | 'observe' = 'write'): Promise<TerminalClient> {
    const terminal = new TerminalClient(socket, terminalId);
    await emit(socket, 'terminal:open', { terminalId, columns: 120, rows: 30, fromSeq: 0, access });
    // Input before the shell is there is refused: wait for its prompt.
    await terminal.waitFor(/\S/);
    return terminal;
  }

  type(text: string): void {
    this.#socket.emit('terminal:input', { terminalId: this.terminalId, data: Buffer.from(text) });
  }

  /** Waits until the output matches what came since `from` (an index into `text`). */
  async waitFor(pattern: RegExp | string, timeoutMs = 15_000): Promise<void> {
    const found = (): boolean => (typeof pattern === 'string' ? this.text.includes(pattern) : pattern.test(this.text));
    const until = Date.now() + timeoutMs;
    while (!found()) {
      const leftMs = until - Date.now();
      if (leftMs <= 0) throw new Error(`the terminal never showed ${String(pattern)}; it shows:\n${this.text.slice(-2000)}`);
      await this.nextOutput(leftMs);
    }
  }

  /** Types a command and waits for its end; answers its output and exit code. */
  async run(command: string, timeoutMs = 60_000): Promise<{ readonly output: string; readonly exitCode: number }> {
    const mark = `done-${Math.random().toString(36).slice(2)}`;
    this.text = '';
    this.type(`${command}; echo "${mark.slice(0, 5)}""${mark.slice(5)}:$?"\r`);
    const pattern = new RegExp(`${mark}:(\\d+)`);
    await this.waitFor(pattern, timeoutMs);
    return { output: this.text, exitCode: Number(pattern.exec(this.text)?.[1] ?? '-1') };
  }

  nextOutput(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.#waiting.add(wake);
    });
  }

  #take({ seq, data }: TerminalData): void {
    this.bytes += data.byteLength;
    this.#seq = seq + data.byteLength;
    this.text = (this.text + this.#decoder.decode(data, { stream: true })).slice(-262_144);
    if (this.#seq - this.#acknowledged >= ACK_EVERY_BYTES) {
      this.#acknowledged = this.#seq;
      this.#socket.emit('terminal:ack', { terminalId: this.terminalId, seq: this.#seq });
    }
    this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
