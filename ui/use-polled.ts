/** Asks again and again while somebody looks. What was answered stays when a later call fails. */
import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { CloudInfo } from '../core/view/page-api';
import { asFailure, type CallFailure, get } from './api';

export const CloudContext = createContext<CloudInfo | undefined>(undefined);

/** AWS is asked less often than the local cloud; the server says how often. */
export function usePollMs(): number {
  return useContext(CloudContext)?.pollMs ?? 4000;
}

export interface Polled<T> {
  data: T | undefined;
  failure: CallFailure | undefined;
  refresh: () => void;
}

export interface PollOptions<T> {
  /** 0: once. */
  everyMs?: number;
  /** Takes an answer into what was known. */
  merge?: (before: T | undefined, answer: T) => T;
}

/** `path` may be made from what is known; undefined: nothing is asked. */
export function usePolled<T>(
  path: string | ((known: T | undefined) => string) | undefined,
  key: string,
  { everyMs, merge = (_before, answer) => answer }: PollOptions<T> = {},
): Polled<T> {
  const usual = usePollMs();
  const intervalMs = everyMs ?? usual;
  const [state, setState] = useState<{ key: string; data?: T; failure?: CallFailure }>({ key });
  const latest = useRef({ path, merge, data: undefined as T | undefined });
  latest.current = { path, merge, data: state.key === key ? state.data : undefined };
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      const { path: current, data } = latest.current;
      const address = typeof current === 'function' ? current(data) : current;
      if (address === undefined) return;
      // A tab that nobody sees asks for nothing.
      if (document.hidden && data !== undefined) return;
      try {
        const answer = await get<T>(address, stop.signal);
        if (!stop.signal.aborted) setState({ key, data: latest.current.merge(latest.current.data, answer) });
      } catch (error) {
        if (stop.signal.aborted) return;
        const kept = latest.current.data;
        setState({ key, failure: asFailure(error), ...(kept === undefined ? {} : { data: kept }) });
      }
    };
    const again = async () => {
      await look();
      if (intervalMs > 0 && !stop.signal.aborted) timer = setTimeout(() => void again(), intervalMs);
    };
    void again();
    const seen = () => {
      if (!document.hidden) void look();
    };
    document.addEventListener('visibilitychange', seen);
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [key, intervalMs, asked, path === undefined]);
  const isOwn = state.key === key;
  return {
    data: isOwn ? state.data : undefined,
    failure: isOwn ? state.failure : undefined,
    refresh: () => setAsked((count) => count + 1),
  };
}
