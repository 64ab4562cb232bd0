import type { AppError } from '../app-error.ts';
import { RING_BYTES } from '../terminals/recording-store.ts';
import type { RovingPort } from '../terminals/roving-viewer.ts';
import type { TerminalSize } from '../terminals/shell.ts';
import type { Attachment } from '../terminals/terminal.ts';

/** A page that keeps what it is told, and draws only when the test says so. Fails on a gap in the numbers. */
export class FakeScreen implements RovingPort {
  readonly messages: { seq: number; length: number }[] = [];
  readonly news: string[] = [];
  shown = Buffer.alloc(0);
  seq = 0;
  /** Acknowledges at once what it is told, as a page that keeps up. */
  drawsAtOnce = false;
  attachment: Attachment | undefined;

  data(seq: number, bytes: Uint8Array): void {
    if (this.messages.length > 0 && seq !== this.seq) throw new Error(`A gap: expected ${this.seq}, got ${seq}.`);
    this.messages.push({ seq, length: bytes.length });
    this.shown = Buffer.concat([this.shown, bytes]).subarray(-RING_BYTES);
    this.seq = seq + bytes.length;
    if (this.drawsAtOnce) this.drawAll();
  }
  resync(seq: number): void {
    this.shown = Buffer.alloc(0);
    this.seq = seq;
    this.news.push(`resync ${seq}`);
  }
  resized({ columns, rows }: TerminalSize): void {
    this.news.push(`resized ${columns}x${rows}`);
  }
  ended(reason: string): void {
    this.news.push(`ended: ${reason}`);
  }
  lost(reason: string): void {
    this.news.push(`lost: ${reason}`);
  }
  back(seq?: number): void {
    this.seq = seq ?? this.seq;
    this.news.push('back');
  }
  refused(error: AppError): void {
    this.news.push(`refused: ${error.code}`);
  }
  moved(): void {
    this.news.push('moved');
  }
  drawAll(): void {
    this.attachment?.acknowledge(this.seq);
  }
  get text(): string {
    return this.shown.toString();
  }
  get received(): number {
    return this.messages.reduce((sum, message) => sum + message.length, 0);
  }
}
