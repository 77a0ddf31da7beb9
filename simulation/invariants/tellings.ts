/** How often somebody was told of something, and how often nobody could know whether he had been. */
export interface Telling {
  times: number;
  /** Of them, those whose publisher died, or got no answer. */
  unknown: number;
}

export class Tellings extends Map<string, Telling> {
  of(what: string): Telling {
    const known = this.get(what) ?? { times: 0, unknown: 0 };
    this.set(what, known);
    return known;
  }

  /** `isKnown`: the publisher knows that it came through. */
  tell(what: string, isKnown: boolean): void {
    const telling = this.of(what);
    telling.times += 1;
    if (!isKnown) telling.unknown += 1;
  }
}
