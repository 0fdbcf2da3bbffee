import { HoldallError } from './error.ts'

const SUSPICIOUS = /%(?:00|[89a-f])/i
const NO_ESCAPE = /%(?![\da-f]{2})/gi

/**
 * No name and no text has a NUL or bytes that are no UTF-8: what came of them would be looked for, and shown, as something else.
 *
 * @param query of an address, as it was sent, without its question mark
 * @throws HoldallError `bad_request`, with the parameter named
 */
export function refuseUnreadable(query: string): void {
  if (!SUSPICIOUS.test(query)) return
  for (const pair of query.split('&')) {
    const at = pair.indexOf('=')
    const name = textOf(at === -1 ? pair : pair.slice(0, at))
    const value = at === -1 ? '' : textOf(pair.slice(at + 1))
    if (name === undefined) throw new HoldallError('bad_request', { reason: 'The name of a parameter is not UTF-8.' })
    if (value === undefined) refuse(name, 'must be UTF-8.')
    else if (`${name}${value}`.includes('\0')) refuse(name.replaceAll('\0', '\uFFFD'), 'must not have a NUL character.')
  }
}

function refuse(name: string, reason: string): never {
  throw new HoldallError('bad_request', { reason: `${name}: ${reason}` }, { fields: { [name]: reason } })
}

function textOf(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' ').replace(NO_ESCAPE, '%25'))
  } catch {
    return undefined
  }
}
