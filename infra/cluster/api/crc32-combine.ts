/** The polynomial of CRC-32 as in gzip, lowest bit first. */
const POLYNOMIAL = 0xedb88320;
const ONE = 0x80000000;

/** Product of two polynomials over GF(2), modulo CRC-32's. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= factor;
    factor = (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ POLYNOMIAL;
  }
  return product >>> 0;
}

/** `x` to the power of `2 ** index`. */
const squares: readonly number[] = (() => {
  const table = [0x40000000];
  for (let index = 1; index < 32; index += 1) table.push(multiply(table[index - 1] ?? 0, table[index - 1] ?? 0));
  return table;
})();

/** What a checksum is multiplied by when `bytes` more bytes follow; worth keeping for a text that is sent often. */
export function crcShift(bytes: number): number {
  let shift = ONE;
  // Eight bits a byte: the first square to use is that of x to the eighth.
  for (let rest = bytes, index = 3; rest > 0; rest = Math.floor(rest / 2), index = (index + 1) % 32) {
    if (rest % 2 === 1) shift = multiply(squares[index] ?? 0, shift);
  }
  return shift >>> 0;
}

/** The checksum of two texts behind each other from those of each, where `shift` is {@link crcShift} of the second's length. */
export function combineCrc(first: number, second: number, shift: number): number {
  return (multiply(shift, first) ^ second) >>> 0;
}
