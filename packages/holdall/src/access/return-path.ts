import type { Urls } from '../web/url.ts'

const NOWHERE = 'http://nowhere.invalid'

/**
 * Where to go after a form: the path that it names when that is one of ours, else the start page. What a browser would
 * take for another host (`//evil`, `/\evil`, `https:…`) is not.
 */
export function safeReturnPath(asked: unknown, urls: Urls): string {
  const home = urls.path('/')
  if (typeof asked !== 'string' || !asked.startsWith('/') || !URL.canParse(asked, NOWHERE)) return home
  const url = new URL(asked, NOWHERE)
  if (url.origin !== NOWHERE || url.pathname.startsWith('//')) return home
  if (url.pathname !== urls.base && !url.pathname.startsWith(`${urls.base}/`)) return home
  return url.pathname + url.search + url.hash
}
