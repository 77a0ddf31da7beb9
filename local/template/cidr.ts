/** Fn::Cidr for IPv4: the first `count` blocks of 2^hostBits addresses inside `block`. */
export function cidrBlocks(block: string, count: number, hostBits: number): string[] {
  const [address = '', prefix = ''] = block.split('/');
  const size = 2 ** hostBits;
  if (count * size > 2 ** (32 - Number(prefix))) {
    throw new RangeError(`${block} has no room for ${count} blocks of ${size} addresses`);
  }
  const first = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return Array.from({ length: count }, (_, index) => `${dotted(first + index * size)}/${32 - hostBits}`);
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join('.');
}
