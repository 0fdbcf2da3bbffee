import { HoldallError } from '../../web/error.ts'
import type { RouteContext } from '../../web/route.ts'
import { FILE_STATES, type FileState } from '../list.ts'
import { pageSize } from '../page-size.ts'
import { SORTS, type Sort } from './file-list.ts'
import { cleanFolder } from './folders.ts'
import { isKind, type Kind } from './kinds.ts'
import { readHash } from './question.ts'

/** What the address of a list of files says. */
export interface Asked {
  readonly q: string
  readonly hash: string | undefined
  /** A source's slug; all where it is empty. */
  readonly source: string
  readonly type: string
  readonly state: FileState | undefined
  /** Only files below it; all where it is empty. */
  readonly folder: string
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
  const type = readKind(c)
  const written = (c.req.query('hash') ?? '').trim()
  const hash = written === '' ? undefined : readHash(written)
  const q = (c.req.query('q') ?? '').trim()
  const state = c.req.query('state') ?? ''
  if (state !== '' && !isState(state)) refuse(`state must be one of ${FILE_STATES.join(', ')}, or left out.`)
  if (sort !== '' && !(SORTS as readonly string[]).includes(sort)) refuse(`_sort must be one of ${SORTS.join(', ')}.`)
  // The form of a page sends the order of the list that it leaves behind.
  const isLeftBehind = sort === 'changed' && state !== 'changed'
  if (isLeftBehind && c.var.format === 'json') refuse('_sort=changed is for state=changed.')
  if (written !== '' && hash === undefined) refuse('hash must be sha256: and 64 hexadecimal digits.')
  if (hash !== undefined && q !== '') refuse('Send q or hash, not both.')
  return {
    q,
    hash,
    source: (c.req.query('source') ?? '').trim(),
    type,
    state: isState(state) ? state : undefined,
    folder: cleanFolder(c.req.query('folder') ?? ''),
    sort: sort === '' || isLeftBehind ? undefined : (sort as Sort),
    view: c.req.query('view') === 'list' ? 'list' : 'grid',
    cursor: c.req.query('_next') || c.req.query('cursor') || undefined,
    limit: pageSize(c, size),
  }
}

/**
 * The types that an address asks for; all where it is empty.
 *
 * @throws HoldallError `bad_request`
 */
export function readKind(c: RouteContext): Kind {
  const kind = (c.req.query('content_type') ?? c.req.query('type') ?? '').trim()
  if (kind !== '' && !isKind(kind)) refuse('content_type must be a type such as image/png or image/*.')
  return kind
}

function isState(state: string): state is FileState {
  return (FILE_STATES as readonly string[]).includes(state)
}

function refuse(reason: string): never {
  throw new HoldallError('bad_request', { reason })
}
