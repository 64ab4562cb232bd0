import { z } from 'zod';
import type { Fault } from './fault.ts';
import { askAsClient } from './outage.ts';

/** The control: somebody raised an alarm, and all is well. Whoever mends what is whole risks what works. */
export const nothingWrong: Fault = {
  id: 'nothing-wrong',
  title: 'Nothing wrong',
  isControl: true,
  symptom: 'None. The endpoint answers; the alarm was false.',
  leavesBehind: 'Nothing, because nothing was done.',
  parameters: z.strictObject({}),
  inject: () => Promise.resolve({}),
  async prove(target) {
    const answers = await askAsClient(target);
    return answers.kind === 'pass' ? { live: true, seen: 'The endpoint answers as it should.' } : { live: false, reason: answers.reason };
  },
  recover: () => Promise.resolve(),
};
