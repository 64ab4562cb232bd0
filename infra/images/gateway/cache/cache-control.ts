import { z } from 'zod';

/** LiteLLM's `cache` field of a request, in seconds. */
export const cacheControlSchema = z
  .looseObject({
    'no-cache': z.boolean().optional(),
    'no-store': z.boolean().optional(),
    'use-cache': z.boolean().optional(),
    ttl: z.number().positive().max(604_800).optional(),
    's-maxage': z.number().min(0).max(604_800).optional(),
    's-max-age': z.number().min(0).max(604_800).optional(),
    namespace: z.string().max(200).optional(),
  })
  .nullish();

export type CacheControl = z.infer<typeof cacheControlSchema>;

/** What one request may do with the cache. */
export interface CacheUse {
  readonly read: boolean;
  readonly write: boolean;
  readonly ttlMs: number;
  /** Older answers do not count. */
  readonly maxAgeMs: number;
  readonly namespace: string;
}

export function planCacheUse(
  control: CacheControl,
  settings: { readonly defaultOn: boolean; readonly ttlMs: number; readonly namespace: string },
): CacheUse {
  const on = settings.defaultOn || control?.['use-cache'] === true;
  const maxAgeS = control?.['s-maxage'] ?? control?.['s-max-age'];
  return {
    read: on && control?.['no-cache'] !== true,
    write: on && control?.['no-store'] !== true,
    ttlMs: control?.ttl === undefined ? settings.ttlMs : control.ttl * 1000,
    maxAgeMs: maxAgeS === undefined ? Number.POSITIVE_INFINITY : maxAgeS * 1000,
    namespace: control?.namespace ?? settings.namespace,
  };
}
