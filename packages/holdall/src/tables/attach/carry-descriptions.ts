import { type Fields, readFields } from '../../access/fields.ts'
import { HoldallError } from '../../web/error.ts'
import { formatCount } from '../../web/format.ts'
import type { RouteContext } from '../../web/route.ts'
import { copyAll, descriptionsIn, takeOutAll } from './descriptions.ts'
import { type AttachRoom, runIn, subjectOf } from './room.ts'

/** `POST /{db}/{table}/-/attach/{run}/-/descriptions`: copies those of what was replaced, or takes them out again. */
export async function carryDescriptions(c: RouteContext, room: AttachRoom): Promise<Response> {
  const subject = await subjectOf(c, room)
  const run = await runIn(c, room, subject)
  if (run.status !== 'applied') throw new HoldallError('attach_not_applied', { status: run.status })
  const isOut = takesOut(await readFields(c))
  const cells = await room.journal.cells(run.id)
  const standings = await room.carryOut.standing(run, cells)
  const found = await descriptionsIn(room, c.var.actor, run, cells, standings)
  const count = isOut ? await takeOutAll(room, found) : await copyAll(room, run, found)
  if (c.var.format === 'json') return c.json({ ok: true, descriptions: count })
  const href = `${subject.href}/${run.id}`
  room.once.write(c, href, { said: `${formatCount(count, 'description')} ${isOut ? 'taken out again' : 'copied'}` })
  return c.redirect(href, 303)
}

/** What is misspelt would do the opposite of what was meant. @throws HoldallError `bad_request` */
function takesOut({ take_out: isOut = false, ...more }: Fields): boolean {
  const [unknown] = Object.keys(more)
  if (unknown !== undefined)
    throw new HoldallError('bad_request', { reason: `"${unknown}" is not known; there is "take_out"` })
  if (isOut === 'on') return true
  if (typeof isOut !== 'boolean') throw new HoldallError('bad_request', { reason: '"take_out" must be true or false' })
  return isOut
}
