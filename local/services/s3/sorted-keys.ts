/** The keys of a bucket in the order that S3 lists them: by their UTF-8 bytes. */

/** UTF-16 code units sort like UTF-8 bytes, except that surrogates must come after everything below U+10000. */
function rank(codeUnit: number): number {
  if (codeUnit < 0xd800) return codeUnit;
  return codeUnit >= 0xe000 ? codeUnit - 0x800 : codeUnit + 0x2000;
}

export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const difference = rank(left.charCodeAt(at)) - rank(right.charCodeAt(at));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

export interface ListQuery {
  prefix: string;
  /** Empty for none. */
  delimiter: string;
  /** Only what sorts after it; empty from the start. */
  after: string;
  maxKeys: number;
}

export interface Listing {
  keys: string[];
  commonPrefixes: string[];
  /** Where to go on (`after`); absent when nothing is left. */
  next?: string;
}

export class SortedKeys {
  readonly #keys: string[];

  constructor(keys: Iterable<string> = []) {
    this.#keys = [...keys].sort(compareKeys);
  }

  get size(): number {
    return this.#keys.length;
  }

  add(key: string): void {
    const at = this.#firstIndex((candidate) => compareKeys(candidate, key) >= 0);
    if (this.#keys[at] !== key) this.#keys.splice(at, 0, key);
  }

  delete(key: string): void {
    const at = this.#firstIndex((candidate) => compareKeys(candidate, key) >= 0);
    if (this.#keys[at] === key) this.#keys.splice(at, 1);
  }

  list({ prefix, delimiter, after, maxKeys }: ListQuery): Listing {
    const listing: Listing = { keys: [], commonPrefixes: [] };
    let last = '';
    let at = this.#firstIndex((key) => compareKeys(key, prefix) >= 0 && compareKeys(key, after) > 0);
    if (after === '' && prefix === '') at = 0;
    for (let key = this.#keys[at]; key?.startsWith(prefix); key = this.#keys[at]) {
      const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      const common = cut < 0 ? undefined : key.slice(0, cut + delimiter.length);
      at = common === undefined ? at + 1 : this.#firstIndexPast(common);
      if (common !== undefined && after !== '' && compareKeys(common, after) <= 0) continue;
      if (listing.keys.length + listing.commonPrefixes.length === maxKeys) {
        if (maxKeys > 0) listing.next = last;
        break;
      }
      last = common ?? key;
      if (common === undefined) listing.keys.push(key);
      else listing.commonPrefixes.push(common);
    }
    return listing;
  }

  #firstIndexPast(prefix: string): number {
    return this.#firstIndex((key) => compareKeys(key, prefix) > 0 && !key.startsWith(prefix));
  }

  /** Binary search: `holds` is false up to some key, and true from there on. */
  #firstIndex(holds: (key: string) => boolean): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#keys[middle] ?? '')) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
