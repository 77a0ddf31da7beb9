/** Chance, from a seed. Streams of different names are independent: drawing more from one changes no other. */

/** FNV-1a over the text, four times with different beginnings: the 128 bits that sfc32 begins with. */
function seedsOf(text: string): [number, number, number, number] {
  const hash = (begin: number) => {
    let value = begin;
    for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 16_777_619);
    return value | 0;
  };
  return [hash(0x811c9dc5), hash(0x2545f491), hash(0x9e3779b9), hash(0x6a09e667)];
}

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(readonly seed: string) {
    [this.#a, this.#b, this.#c, this.#d] = seedsOf(seed);
    for (let round = 0; round < 15; round++) this.next();
  }

  /** 0 ≤ x < 1. The generator is sfc32, from PractRand. */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return (sum >>> 0) / 4_294_967_296;
  }

  /** A stream of its own. */
  fork(name: string): Random {
    return new Random(`${this.seed}/${name}`);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** low ≤ x < high. */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** low ≤ x ≤ high, whole. */
  integer(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(0, items.length - 1)];
    if (item === undefined) throw new Error('There is nothing to pick from.');
    return item;
  }

  /** One of the names, each as likely as its weight says; undefined for what the weights leave of 1. */
  pickWeighted<N extends string>(weights: Readonly<Record<N, number>>): N | undefined {
    let left = this.next();
    for (const [name, weight] of Object.entries(weights) as [N, number][]) {
      left -= weight;
      if (left < 0) return name;
    }
    return undefined;
  }

  /** Unique among those of one stream, in the form of a UUID. */
  uuid(): string {
    const word = () => (Math.floor(this.next() * 4_294_967_296) + 4_294_967_296).toString(16).slice(1);
    const [a, b, c, d] = [word(), word(), word(), word()];
    return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
  }
}
