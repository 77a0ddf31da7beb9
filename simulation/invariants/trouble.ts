/** A request whose caller was left without an answer, or with one that says no; asking for what is not there is neither. */
export function isTrouble({ error, outcome }: { error: string | undefined; outcome: string }): boolean {
  return outcome === 'answer lost' || (error !== undefined && error !== 'NoSuchKey');
}
