/**
 * Who may talk to the page's server. It listens on loopback, but so does every web page in the user's browser: a page of
 * any site can send requests here, and by DNS rebinding even read the answers. So the Host must be ours, an Origin must be
 * ours, and every call carries the token of the printed address in a header, which no other site can set or know.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface Refusal {
  status: number;
  message: string;
}

/** The names under which a browser may come. */
export function ownHosts(port: number): string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`];
}

/** For every request, files included. undefined: it may pass. */
export function refuseStranger(headers: IncomingHttpHeaders, port: number): Refusal | undefined {
  const hosts = ownHosts(port);
  if (headers.host === undefined || !hosts.includes(headers.host)) {
    return { status: 421, message: 'This server answers under its own address only.' };
  }
  const { origin } = headers;
  if (origin !== undefined && !hosts.some((host) => origin === `http://${host}`)) {
    return { status: 403, message: 'Requests of other pages are refused.' };
  }
  return undefined;
}

/** For every call of the API. */
export function refuseWithoutToken({ authorization }: IncomingHttpHeaders, token: string): Refusal | undefined {
  if (authorization !== undefined && isSame(authorization, `Bearer ${token}`)) return undefined;
  return {
    status: 401,
    message: 'Open the page by the address that runctl ui (or runctl local up) has printed: it has the token in it.',
  };
}

/** In a time that says nothing about where they differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** Nothing is loaded from elsewhere, nothing runs that is not a file of ours, and nobody frames the page. */
export const SAFETY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
