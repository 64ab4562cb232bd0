import { afterAll, beforeAll } from 'vitest';
import { ApiCaller } from './api-caller.ts';
import { startBareControlPlane, type BareControlPlane } from './bare-control-plane.ts';

/** What a test file works with; there only while its tests run. */
export interface AdminPlane {
  readonly plane: BareControlPlane;
  /** Calls as the cluster's administrator. */
  readonly caller: ApiCaller;
}

/** A bare control plane for all tests of the file that calls this, taken down after the last. For tests only. */
export function useAdminPlane(): AdminPlane {
  let held: AdminPlane | undefined;
  const require = (): AdminPlane => {
    if (held === undefined) throw new Error('the control plane runs only while tests do');
    return held;
  };
  beforeAll(async () => {
    const plane = await startBareControlPlane();
    held = { plane, caller: new ApiCaller(plane, 'admin') };
  });
  afterAll(async () => {
    held?.caller[Symbol.dispose]();
    await held?.plane[Symbol.asyncDispose]();
  });
  return {
    get plane() {
      return require().plane;
    },
    get caller() {
      return require().caller;
    },
  };
}
