import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hono } from 'hono'
import { z } from 'zod'
import { BATCH_BODY } from '../files/api.ts'
import type { HoldallError } from '../web/error.ts'
import type { RouteEnv } from '../web/route.ts'
import { readJson } from './json.ts'

/** What a body of this shape is refused with. */
async function refusal(schema: z.ZodType, body: unknown): Promise<readonly string[]> {
  const app = new Hono<RouteEnv>()
  app.post('/', async (c) =>
    c.json(
      await readJson(c, schema).then(
        () => 'taken',
        (error: HoldallError) => error.toBody(),
      ),
    ),
  )
  const response = await app.request('/', { method: 'POST', body: JSON.stringify(body) })
  const answer = (await response.json()) as ReturnType<HoldallError['toBody']>
  assert.equal(answer.code, 'bad_request', JSON.stringify(answer))
  assert.equal(answer.error, answer.errors.join('; '))
  return answer.errors
}

test('what is wrong with a body is said with the field, whichever route asked', async () => {
  assert.deepEqual(await refusal(BATCH_BODY, { ids: [1] }), ['ids[0]: must be a string'])
  assert.deepEqual(await refusal(BATCH_BODY, { ids: 1 }), ['ids must be a list of file ids.'])
  for (const body of [[], 1, null, 'x']) {
    assert.deepEqual(await refusal(BATCH_BODY, body), ['The body must be a JSON object'])
  }
  assert.deepEqual(await refusal(z.object({ ids: z.array(z.string()).max(1) }), { ids: ['a', 'b'] }), [
    'ids: must have at most 1 entry',
  ])
  const shape = z.object({
    rows: z.array(z.object({ name: z.string().min(1).max(3) })).max(3),
    count: z.int().min(1).max(9),
    share: z.number().gt(0).lt(1),
    sure: z.boolean(),
    how: z.enum(['equal', 'prefix']),
    version: z.literal(1),
    link: z.url(),
    more: z.record(z.string(), z.strictObject({})),
  })
  assert.deepEqual(
    await refusal(shape, {
      rows: [{ name: '' }, { name: 'long' }, {}],
      count: 0,
      share: 0,
      sure: 'yes',
      how: 'else',
      version: 2,
      link: 'no',
      more: { a: { b: 1 } },
    }),
    [
      'rows[0].name: must have at least 1 character',
      'rows[1].name: must have at most 3 characters',
      'rows[2].name: must be a string',
      'count: must be at least 1',
      'share: must be more than 0',
      'sure: must be true or false',
      'how: must be one of "equal", "prefix"',
      'version: must be 1',
      'link: is not valid',
      'more.a: must not have b',
    ],
  )
  assert.deepEqual(
    await refusal(shape, {
      rows: 'x',
      count: 1.5,
      share: 1,
      sure: true,
      how: 'equal',
      version: 1,
      link: 'a:b',
      more: 1,
    }),
    ['rows: must be a list', 'count: must be a whole number', 'share: must be less than 1', 'more: must be an object'],
  )
})
