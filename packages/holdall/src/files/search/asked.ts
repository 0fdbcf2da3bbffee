import { HoldallError } from '../../web/error.ts'
import type { RouteContext } from '../../web/route.ts'
import { pageSize } from '../page-size.ts'
import { SORTS, type Sort } from './find.ts'
import { isKind } from './kinds.ts'
import { readHash } from './question.ts'

/** The one state of files that a list can be asked for. */
export const MISSING = 'missing'

/** What the address of a list of files says. */
export interface Asked {
  readonly q: string
  readonly hash: string | undefined
  /** A source's slug; all where it is empty. */
  readonly source: string
  readonly type: string
  /** Only files that their storages are without. */
  readonly missing: boolean
  /** Undefined: what suits the question. */
  readonly sort: Sort | undefined
  readonly view: 'grid' | 'list'
  readonly cursor: string | undefined
  readonly limit: number
}

/**
 * @param size how many files a page holds unless told
 * @throws HoldallError `bad_request`
 */
export function readList(c: RouteContext, size: number): Asked {
  const sort = c.req.query('_sort') ?? c.req.query('sort') ?? ''
  const type = (c.req.query('content_type') ?? c.req.query('type') ?? '').trim()
  const written = (c.req.query('hash') ?? '').trim()
  const hash = written === '' ? undefined : readHash(written)
  const q = (c.req.query('q') ?? '').trim()
  const state = c.req.query('state') ?? ''
  if (state !== '' && state !== MISSING) refuse(`state must be ${MISSING}, or left out.`)
  if (sort !== '' && !(SORTS as readonly string[]).includes(sort)) refuse(`_sort must be one of ${SORTS.join(', ')}.`)
  if (type !== '' && !isKind(type)) refuse('content_type must be a type such as image/png or image/*.')
  if (written !== '' && hash === undefined) refuse('hash must be sha256: and 64 hexadecimal digits.')
  if (hash !== undefined && q !== '') refuse('Send q or hash, not both.')
  return {
    q,
    hash,
    source: (c.req.query('source') ?? '').trim(),
    type,
    missing: state === MISSING,
    sort: sort === '' ? undefined : (sort as Sort),
    view: c.req.query('view') === 'list' ? 'list' : 'grid',
    cursor: c.req.query('_next') || c.req.query('cursor') || undefined,
    limit: pageSize(c, size),
  }
}

function refuse(reason: string): never {
  throw new HoldallError('bad_request', { reason })
}
