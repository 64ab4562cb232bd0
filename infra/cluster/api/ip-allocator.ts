/** Hands out addresses of one IPv4 range. The first usable address is reserved for the API server's own Service. */
export class IpAllocator {
  readonly #firstNumber: number;
  readonly #size: number;
  readonly #taken: (ip: string) => boolean;
  #next = 1;

  /** `taken` says what is in use, so that allocation needs no books of its own. */
  constructor(cidr: string, taken: (ip: string) => boolean) {
    const [base = '', prefix = '24'] = cidr.split('/');
    this.#firstNumber = toNumber(base);
    this.#size = 2 ** (32 - Number(prefix));
    this.#taken = taken;
  }

  get first(): string {
    return toText(this.#firstNumber + 1);
  }

  contains(ip: string): boolean {
    const offset = toNumber(ip) - this.#firstNumber;
    return offset > 0 && offset < this.#size - 1;
  }

  /** The next free address, or undefined when the range is used up. */
  allocate(): string | undefined {
    for (let tried = 0; tried < this.#size - 3; tried += 1) {
      this.#next = this.#next >= this.#size - 2 ? 2 : this.#next + 1;
      const ip = toText(this.#firstNumber + this.#next);
      if (!this.#taken(ip)) return ip;
    }
    return undefined;
  }
}

function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
