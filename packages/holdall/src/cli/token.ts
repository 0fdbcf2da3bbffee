import { readActorId } from '../access/actors.ts'
import { DAY_MS } from '../access/clock.ts'
import { parseRestriction } from '../access/restrictions.ts'
import { MAX_EXPIRY_DAYS } from '../access/token-form.ts'
import { createToken } from '../access/tokens.ts'
import { type CommandIo, DATA_OPTIONS, parse, UsageError, wholeNumber } from './arguments.ts'
import { withServerData } from './internal.ts'
import { notThere } from './token-places.ts'

const USAGE = 'Write: holdall token create ACTOR'
const DEFAULT_NAME = 'made on the command line'

/** `holdall token create ACTOR`: prints a new token, and nothing else, on stdout. */
export async function token(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, {
    ...DATA_OPTIONS,
    name: { type: 'string', default: DEFAULT_NAME },
    expires: { type: 'string' },
    restrict: { type: 'string', multiple: true },
  })
  const [verb, actor, ...more] = positionals
  if (verb !== 'create' || actor === undefined || more.length > 0) throw new UsageError(USAGE)
  const days = values.expires === undefined ? undefined : wholeNumber('expires', values.expires, 1, MAX_EXPIRY_DAYS)
  const restrictions = values.restrict?.map((text) => {
    const parsed = parseRestriction(text)
    if ('problem' in parsed) throw new UsageError(parsed.problem)
    return parsed.restriction
  })
  await withServerData(values, io, async ({ db, config }) => {
    const made = await createToken(db, Date.now, {
      actorId: readActorId(actor),
      name: values.name,
      by: null,
      ...(days !== undefined && { lifetimeMs: days * DAY_MS }),
      ...(restrictions !== undefined && { restrictions }),
    })
    io.stdout.write(`${made.token}\n`)
    for (const said of await notThere({ db, config }, restrictions ?? [])) io.stderr.write(`holdall: ${said}\n`)
  })
}
