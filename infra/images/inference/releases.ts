/** What an image tag means: the good releases, and those that labs about bad ones roll out. */
export interface Release {
  readonly version: string;
  /** Multiplies prefill and inter-token time. */
  readonly slowdown: number;
  /** Multiplies the model's quality: below 1 it answers wrongly more often with green health. */
  readonly qualityFactor: number;
  /** Ends the start with this message and exit code 1. */
  readonly startError?: string;
}

const releases: readonly Release[] = [
  { version: '1.4.1', slowdown: 1, qualityFactor: 1 },
  { version: '1.4.2', slowdown: 1, qualityFactor: 1 },
  /** Three times as slow under every load, with right answers and green health. */
  { version: '1.5.0', slowdown: 3, qualityFactor: 1 },
  /** As fast as ever and wrong half the time. */
  { version: '1.5.1', slowdown: 1, qualityFactor: 0.5 },
  {
    version: '1.5.2',
    slowdown: 1,
    qualityFactor: 1,
    startError:
      'ImportError: /usr/local/lib/python3.12/dist-packages/vllm/_C.abi3.so: undefined symbol: _ZN3c104cuda9SetDeviceEa. The build is broken.',
  },
  { version: '1.6.0', slowdown: 0.9, qualityFactor: 1 },
];

/** An unknown release behaves as the newest good one under its own name, so that development builds run. */
export function findRelease(version: string): Release {
  return releases.find((release) => release.version === version) ?? { version, slowdown: 1, qualityFactor: 1 };
}
