import type { DeviceProfile } from './devices.ts';

/** What one model costs and can on one kind of device. Times are of an idle engine; load slows both phases (engine.ts). */
export interface SpeedProfile {
  /** Fixed part of a prefill. */
  readonly prefillOverheadMs: number;
  readonly prefillMsPerToken: number;
  readonly interTokenMs: number;
  /** What 1,000 tokens cost to serve, in US dollars: devices and power, for the cost lab. */
  readonly usdPerThousandTokens: number;
  readonly slowdownPerSequence: number;
}

type BaseSpeed = Omit<SpeedProfile, 'slowdownPerSequence'>;

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
  /** Length of the vectors that `/v1/embeddings` gives: an index built with one model is of no use to another. */
  readonly embeddingDimensions: number;
  /** On a CPU, and on the l4 that faster devices are measured against. */
  readonly speed: { readonly cpu: BaseSpeed; readonly gpu: BaseSpeed };
}

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
    embeddingDimensions: 256,
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
    embeddingDimensions: 384,
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
    embeddingDimensions: 768,
    speed: {
      cpu: { prefillOverheadMs: 80, prefillMsPerToken: 9, interTokenMs: 300, usdPerThousandTokens: 0.024 },
      gpu: { prefillOverheadMs: 18, prefillMsPerToken: 0.25, interTokenMs: 24, usdPerThousandTokens: 0.0092 },
    },
  },
];

export function findModel(id: string): ModelProfile | undefined {
  return modelProfiles.find((profile) => profile.id === id);
}

/** Each doubling of the devices that share a model leaves this part of the time: what they tell each other costs the rest. */
const PARALLEL_TIME_SHARE = 0.6;
const L4_USD_PER_HOUR = 0.8;

/** How a model runs on `count` devices of a kind. A faster device costs more an hour than it saves a token, unless it is kept busy. */
export function speedOn(model: ModelProfile, device: DeviceProfile, count = 1): SpeedProfile {
  const { slowdownPerSequence } = device;
  if (device.name === 'cpu') return { ...model.speed.cpu, slowdownPerSequence };
  const factor = PARALLEL_TIME_SHARE ** Math.log2(count) / device.speedup;
  const { prefillOverheadMs, prefillMsPerToken, interTokenMs, usdPerThousandTokens } = model.speed.gpu;
  return {
    prefillOverheadMs: prefillOverheadMs * factor,
    prefillMsPerToken: prefillMsPerToken * factor,
    interTokenMs: interTokenMs * factor,
    usdPerThousandTokens: (usdPerThousandTokens * factor * device.usdPerHour * count) / L4_USD_PER_HOUR,
    slowdownPerSequence,
  };
}
