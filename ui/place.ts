/** Where the page is: behind `#`, so that the server needs to know one file. Pure. */
export type Place =
  | { page: 'sessions' }
  | { page: 'session'; sessionId: string; tab: string }
  | { page: 'new'; from: string | undefined }
  | { page: 'fleet' }
  | { page: 'costs' }
  | { page: 'nowhere' };

export function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [page = '', sessionId = '', tab = ''] = path.split('/');
  switch (page) {
    case '':
      return { page: 'sessions' };
    case 's':
      return { page: 'session', sessionId: decodeURIComponent(sessionId), tab: tab || 'overview' };
    case 'new':
      return { page, from: new URLSearchParams(query).get('from') ?? undefined };
    case 'fleet':
    case 'costs':
      return { page };
    default:
      return { page: 'nowhere' };
  }
}
