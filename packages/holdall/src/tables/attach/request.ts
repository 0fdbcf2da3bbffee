import { FILE_ID } from '../../files/record.ts'
import { HoldallError } from '../../web/error.ts'
import { isObject, type Json } from '../write/body.ts'
import { isOn } from '../write/rows-request.ts'
import { MAX_FILES } from './limits.ts'
import { HOW, type Match } from './names.ts'
import type { Pair, Replace } from './run.ts'

/** What the API is asked for: files to be matched, or pairs that somebody matched already. */
export interface AttachRequest {
  readonly column: string | undefined
  readonly files: readonly string[]
  readonly match: Match | undefined
  readonly pairs: readonly Pair[] | undefined
  readonly dryRun: boolean
  readonly replace: Replace
}

const KEYS = ['column', 'files', 'match', 'pairs', 'dry_run', 'replace']
const MATCH_KEYS = ['column', 'how', 'pattern', 'exact']

/**
 * @param list the conditions of the only rows that files may go to
 * @throws HoldallError `bad_request`, `attach_too_many_files`
 */
export function readAttachRequest(body: { [key: string]: Json }, list: string | undefined): AttachRequest {
  refuseStrangers(body, KEYS, '')
  const { column, files, match, pairs, dry_run, replace } = body
  if (column !== undefined && typeof column !== 'string') throw wrong('"column" must be the name of a column')
  if ((files === undefined) === (pairs === undefined)) throw wrong('JSON must have one or other of "files" or "pairs"')
  if (pairs !== undefined && list) throw wrong('"rows" in the address goes with "files" only: "pairs" name their rows')
  return {
    column,
    files: files === undefined ? [] : readIds(files),
    match: match === undefined ? undefined : readMatch(match),
    pairs: pairs === undefined ? undefined : readPairsOf(pairs),
    dryRun: isOn(dry_run),
    replace: readReplace(replace),
  }
}

/** @throws HoldallError `attach_too_many_files` */
export function demandFewEnough(count: number): void {
  if (count > MAX_FILES) throw new HoldallError('attach_too_many_files', { limit: MAX_FILES })
}

function readIds(files: Json): string[] {
  if (!Array.isArray(files)) throw wrong('"files" must be a list of file ids')
  demandFewEnough(files.length)
  return files.map((id) => idOf(id))
}

function readReplace(replace: Json | undefined): Replace {
  if (replace === 'not_right') return replace
  if (typeof replace === 'string') throw wrong('"replace" must be true, false or "not_right"')
  return isOn(replace)
}

function readMatch(match: Json): Match {
  if (!isObject(match)) throw wrong('"match" must be a dictionary')
  refuseStrangers(match, MATCH_KEYS, '"match" has ')
  const { column, pattern, exact } = match
  const how = HOW.find((one) => one === (match.how ?? 'equal'))
  if (typeof column !== 'string') throw wrong('"match" must have a "column"')
  if (how === undefined) throw wrong(`"match" must have "how": one of ${HOW.join(', ')}`)
  if (pattern !== undefined && typeof pattern !== 'string') throw wrong('"pattern" must be a text')
  if (how === 'pattern' && pattern === undefined) throw wrong('"match" by pattern must have a "pattern"')
  return { column, how, exact: isOn(exact), ...(pattern !== undefined && { pattern }) }
}

function readPairsOf(pairs: Json): Pair[] {
  if (!Array.isArray(pairs)) throw wrong('"pairs" must be a list of pairs')
  demandFewEnough(pairs.length)
  return pairs.map((pair): Pair => {
    const [file, key, more] = Array.isArray(pair) ? pair : []
    if (key === undefined || more !== undefined || (typeof key !== 'string' && typeof key !== 'bigint')) {
      throw wrong('each of "pairs" must be a file id and the key of a row, as it stands in the address of the row')
    }
    return [idOf(file), String(key)]
  })
}

function idOf(id: Json | undefined): string {
  if (typeof id === 'string' && FILE_ID.test(id)) return id
  throw wrong(`${JSON.stringify(typeof id === 'string' ? id.slice(0, 40) : null)} is not the id of a file`)
}

function refuseStrangers(body: { [key: string]: Json }, known: readonly string[], where: string): void {
  const strangers = Object.keys(body).filter((key) => !known.includes(key))
  if (strangers.length > 0) throw wrong(`${where}Invalid keys: ${strangers.sort().join(', ')}`)
}

function wrong(reason: string): HoldallError {
  return new HoldallError('bad_request', { reason })
}
