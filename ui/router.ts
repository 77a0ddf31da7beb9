/** Going from one place to another. */
import { useEffect, useState } from 'preact/hooks';
import { type Place, placeOf } from './place';

export const sessionAddress = (sessionId: string, tab?: string) =>
  `#/s/${encodeURIComponent(sessionId)}${tab === undefined ? '' : `/${tab}`}`;

export function go(address: string): void {
  location.hash = address;
}

export function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return placeOf(hash);
}
