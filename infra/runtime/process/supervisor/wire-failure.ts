import type { RuntimeError } from '../../runtime.ts';

/** A refusal that travels to the orchestrator, where it becomes a RuntimeError of the same code. */
export class WireFailure extends Error {
  readonly code: RuntimeError['code'];

  constructor(code: RuntimeError['code'], message: string) {
    super(message);
    this.name = 'WireFailure';
    this.code = code;
  }
}
