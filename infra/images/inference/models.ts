/** What one model costs and can on one kind of device. Times are of an idle engine; load slows both phases (engine.ts). */
export interface SpeedProfile {
  /** Fixed part of a prefill. */
  readonly prefillOverheadMs: number;
  readonly prefillMsPerToken: number;
  readonly interTokenMs: number;
  /** What 1,000 tokens cost to serve, in US dollars: devices and power, for the cost lab. */
  readonly usdPerThousandTokens: number;
}

export interface ModelProfile {
  readonly id: string;
  readonly size: 'small' | 'medium' | 'large';
  readonly maxModelLen: number;
  /** Memory that loading the weights really allocates. */
  readonly weightsBytes: number;
  /** Default of `--kv-cache-memory-bytes`. */
  readonly kvCacheBytes: number;
  readonly kvBytesPerToken: number;
  readonly loadMs: number;
  /** Share of task prompts answered rightly when all needed context is there. */
  readonly quality: number;
  readonly speed: Readonly<Record<Device, SpeedProfile>>;
}

export type Device = 'cpu' | 'gpu';

const MIB = 1_048_576;

export const modelProfiles: readonly ModelProfile[] = [
  {
    id: 'drillhouse/sparrow-1b',
    size: 'small',
    maxModelLen: 2048,
    weightsBytes: 32 * MIB,
    kvCacheBytes: 16 * MIB,
    kvBytesPerToken: 4096,
    loadMs: 300,
    quality: 0.84,
    speed: {
      cpu: { prefillOverheadMs: 8, prefillMsPerToken: 0.25, interTokenMs: 12, usdPerThousandTokens: 0.0004 },
      gpu: { prefillOverheadMs: 3, prefillMsPerToken: 0.02, interTokenMs: 3, usdPerThousandTokens: 0.0006 },
    },
  },
  {
    id: 'drillhouse/heron-8b',
    size: 'medium',
    maxModelLen: 4096,
    weightsBytes: 96 * MIB,
    kvCacheBytes: 48 * MIB,
    kvBytesPerToken: 8192,
    loadMs: 1_200,
    quality: 0.93,
    speed: {
      cpu: { prefillOverheadMs: 25, prefillMsPerToken: 1.6, interTokenMs: 60, usdPerThousandTokens: 0.0031 },
      gpu: { prefillOverheadMs: 6, prefillMsPerToken: 0.06, interTokenMs: 8, usdPerThousandTokens: 0.0018 },
    },
  },
  {
    id: 'drillhouse/condor-70b',
    size: 'large',
    maxModelLen: 8192,
    weightsBytes: 256 * MIB,
    kvCacheBytes: 160 * MIB,
    kvBytesPerToken: 16_384,
    loadMs: 4_000,
    quality: 0.98,
    speed: {
      cpu: { prefillOverheadMs: 80, prefillMsPerToken: 9, interTokenMs: 300, usdPerThousandTokens: 0.024 },
      gpu: { prefillOverheadMs: 18, prefillMsPerToken: 0.25, interTokenMs: 24, usdPerThousandTokens: 0.0092 },
    },
  },
];

export function findModel(id: string): ModelProfile | undefined {
  return modelProfiles.find((profile) => profile.id === id);
}
