import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests that start engines, browsers, databases or whole servers. They mostly wait. */
const systemTests = ['test/**/*.test.ts', 'infra/runtime/**/*.test.ts', '**/*.system.test.ts'];
/** Fills the machine by itself, and judges what it measures: so nothing runs beside it. */
const proofs = ['test/labs/prove-processes.test.ts'];
const everything = ['{server,labs,grader,scenarios,infra,scripts,test}/**/*.test.ts', 'web/src/**/*.test.ts'];
const never = ['node_modules/**', 'dist/**', '.cache/**'];

/** What takes minutes begins first, so that no worker is left alone with it at the end. */
const longest = [
  'test/conformance/',
  'test/browser/lab-one',
  'test/labs/prove-docker',
  'test/replicas/',
  'test/deploy/',
  'test/faults/',
  'test/labs/',
  'test/browser/',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = longest.findIndex((start) => moduleId.includes(`/${start}`));
      return index < 0 ? longest.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // On a busy machine a test may fail by no fault of its own: what fails twice has a reason, and what needed its second try is named in the report.
    projects: [
      {
        test: {
          name: 'unit',
          include: everything,
          exclude: [...never, ...systemTests],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          retry: 1,
        },
      },
      {
        test: {
          name: 'system',
          include: systemTests,
          exclude: [...never, ...proofs],
          setupFiles: ['test/support/tell-failures.ts'],
          testTimeout: 120_000,
          hookTimeout: 240_000,
          retry: 1,
        },
      },
      { test: { name: 'proofs', include: proofs, exclude: never, retry: 1 } },
    ],
    maxWorkers: 2,
  },
});
