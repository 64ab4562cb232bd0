import { Transform, type TransformCallback } from 'node:stream';

const PREFIX = 'OCI runtime exec failed: ';
/** Exit codes that the engine gives to a process that it could not start. */
const START_FAILURE_CODES = [126, 127];
const MAX_MESSAGE_BYTES = 16 * 1024;

/**
 * Takes the engine's own words out of a process's output. An exec that cannot start is answered like one that did: the reason is
 * written where the output would be, in one piece, and the exit code is 126 or 127. Output that merely reads so is passed on.
 */
export class StartFailureFilter extends Transform {
  readonly #exitCode: () => Promise<number>;
  #held: Buffer | undefined;
  #isFirst = true;

  constructor(exitCode: () => Promise<number>) {
    super();
    this.#exitCode = exitCode;
    this.on('error', () => undefined);
  }

  /** Why a process with this exit code could not start, in the engine's words; undefined when it did. To be asked at its end. */
  reasonFor(exitCode: number): string | undefined {
    return START_FAILURE_CODES.includes(exitCode) ? this.#held?.toString().trim() : undefined;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const held = this.#isFirst && chunk.subarray(0, PREFIX.length).toString() === PREFIX ? chunk : undefined;
    this.#isFirst = false;
    if (held !== undefined) {
      this.#held = held;
      done();
    } else if (this.#held !== undefined && this.#held.length + chunk.length <= MAX_MESSAGE_BYTES) {
      this.#held = Buffer.concat([this.#held, chunk]);
      done();
    } else {
      done(null, this.#release(chunk));
    }
  }

  #release(chunk: Buffer): Buffer {
    const whole = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = undefined;
    return whole;
  }

  override _flush(done: TransformCallback): void {
    if (this.#held === undefined) {
      done();
      return;
    }
    this.#exitCode().then(
      (code) => {
        if (this.reasonFor(code) !== undefined) done();
        else done(null, this.#release(Buffer.alloc(0)));
      },
      () => done(null, this.#release(Buffer.alloc(0))),
    );
  }
}
