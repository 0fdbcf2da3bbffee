import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ulid } from 'ulid'
import type { SessionStore, StoredSession } from './session-store.ts'

/** A store made for the contract alone, empty at first. */
export interface SessionStoreUnderTest {
  readonly store: SessionStore
  /** Two sources that sessions may belong to, where the store minds. */
  readonly sources?: readonly [number, number]
  /** Removes everything; called once at the end. */
  close?(): Promise<void>
}

const RACERS = 30
const BEGUN = Date.parse('2030-01-01T00:00:00.000Z')

/**
 * What every session store must do, as tests for `node:test`.
 *
 * @param makeStore called once
 * @example
 * sessionStoreContract(async () => ({ store: createMyStore(table) }))
 */
export function sessionStoreContract(makeStore: () => Promise<SessionStoreUnderTest>): void {
  describe('session store contract', () => {
    let made: SessionStoreUnderTest
    let store: SessionStore
    let sources: readonly [number, number]
    before(async () => {
      made = await makeStore()
      store = made.store
      sources = made.sources ?? [1, 2]
    })
    after(() => made.close?.())

    let clock = BEGUN
    /** A new session with what is usual; each is a second younger than the one before. */
    async function add(more: Partial<StoredSession> = {}): Promise<StoredSession> {
      clock += 1_000
      const id = ulid(clock).toLowerCase()
      const at = new Date(clock).toISOString()
      const session: StoredSession = {
        id,
        kind: 'parts',
        purpose: 'file',
        organizationId: null,
        collectionId: null,
        sourceId: sources[0],
        fileId: `df-${id}`,
        path: `${id}/a.bin`,
        filename: 'a.bin',
        declaredType: 'text/plain',
        declaredSize: 20_000_000,
        partSize: 8_388_608,
        partCount: 3,
        storageUpload: 'upload',
        tokenHash: null,
        actorId: 'alice',
        status: 'initiated',
        completionStatus: null,
        steps: [],
        failure: null,
        received: null,
        made: null,
        retryable: false,
        leaseOwner: null,
        leaseUntil: null,
        leaseProcess: null,
        fence: 1,
        createdAt: at,
        updatedAt: at,
        completedAt: null,
        ttl: Math.floor(clock / 1_000) + 604_800,
        clearAt: null,
        dueAt: at,
        ...more,
      }
      await store.create(session)
      return session
    }

    const later = (milliseconds: number) => new Date(clock + milliseconds).toISOString()

    test('a session is read as it was written: nothing, much, and odd letters', async () => {
      const plain = await add({
        kind: 'post',
        declaredType: null,
        declaredSize: null,
        partSize: null,
        partCount: null,
        storageUpload: null,
        actorId: null,
      })
      assert.deepEqual(await store.get(plain.id), plain)
      const full = await add({
        filename: 'ä \u{1f4a9}\n\u202e".exe',
        declaredSize: Number.MAX_SAFE_INTEGER,
        storageUpload: 'x'.repeat(2_048),
        tokenHash: 'f'.repeat(64),
        status: 'completing',
        completionStatus: 'inspecting',
        steps: [{ step: 'combine', phase: 'start', started_at: later(0), status: 'running', attempts: 3 }],
        failure: { step: 'combine', exc_str: 'é'.repeat(1_024), at: later(0) },
        received: {
          size: 5,
          contentHash: null,
          contentType: 'text/plain',
          contradicts: false,
          facts: { width: 1, metadata: { exif: { Artist: 'Ö', list: [1.5, null, true] } } },
        },
        purpose: 'dataset',
        organizationId: '550e8400-e29b-41d4-a716-446655440000',
        collectionId: 'Ö/“x”',
        made: { schema: { columns: ['ä', '\u0000'], rows: 2 ** 53 - 1, truncated: true } },
        retryable: true,
        leaseOwner: 'owner',
        leaseUntil: later(15_000),
        leaseProcess: 'host-1-2',
        fence: 7,
        completedAt: later(1),
        clearAt: later(2),
      })
      assert.deepEqual(await store.get(full.id), full)
      assert.deepEqual(await store.byToken('f'.repeat(64)), full)
    })

    test('what is not there is undefined', async () => {
      const id = ulid().toLowerCase()
      assert.equal(await store.get(id), undefined)
      assert.equal(await store.byToken('0'.repeat(64)), undefined)
      assert.equal(await store.update(id, {}, { status: 'aborted' }), undefined)
      await store.remove([id])
      await store.remove([])
    })

    test('an id and a token are there once', async () => {
      const first = await add({ tokenHash: 'a'.repeat(64) })
      await assert.rejects(store.create({ ...first, tokenHash: null, fileId: 'df-other', filename: 'other' }))
      await assert.rejects(add({ tokenHash: 'a'.repeat(64) }))
      assert.deepEqual(await store.get(first.id), first)
    })

    test('a change writes what it has, leaves the rest, and says what there is now', async () => {
      const session = await add()
      const change = { status: 'completing', fence: 2, steps: [], failure: null, leaseOwner: 'me' } as const
      const changed = await store.update(session.id, {}, change)
      assert.deepEqual(changed, { ...session, ...change })
      assert.deepEqual(await store.get(session.id), changed)
      const back = await store.update(session.id, {}, { leaseOwner: null, storageUpload: 'another' })
      assert.deepEqual(back, { ...session, ...change, leaseOwner: null, storageUpload: 'another' })
    })

    test('a change happens only when all its conditions hold', async () => {
      const session = await add({ leaseOwner: 'me', leaseUntil: later(1_000), fence: 3 })
      const id = session.id
      for (const condition of [
        { fence: 2 },
        { statuses: ['completing', 'failed'] },
        { owner: 'you' },
        { leaseOverAt: session.leaseUntil as string },
        { fence: 3, statuses: ['initiated'], owner: 'you' },
        { fence: 4, statuses: ['initiated'], owner: 'me' },
      ] as const) {
        assert.equal(await store.update(id, condition, { status: 'failed' }), undefined, JSON.stringify(condition))
      }
      assert.deepEqual(await store.get(id), session)
      const all = { fence: 3, statuses: ['failed', 'initiated'], owner: 'me', leaseOverAt: later(1_001) } as const
      assert.equal((await store.update(id, all, { fence: 4 }))?.fence, 4)
      const free = await add()
      assert.ok(await store.update(free.id, { leaseOverAt: later(0) }, { fence: 2 }), 'no lease is over at any time')
      assert.equal(await store.update(free.id, { owner: 'me' }, { fence: 3 }), undefined)
    })

    test('of many who change one session at once, one is the first', async () => {
      const { id } = await add()
      const answers = await Promise.all(
        Array.from({ length: RACERS }, (_, at) => store.update(id, { fence: 1 }, { fence: 2, leaseOwner: `${at}` })),
      )
      const won = answers.filter((answer) => answer !== undefined)
      assert.equal(won.length, 1)
      assert.equal((await store.get(id))?.leaseOwner, won[0]?.leaseOwner)
    })

    test('leases that are still one’s own are renewed, together', async () => {
      const mine = await add({ leaseOwner: 'me', leaseUntil: later(1), fence: 2 })
      const other = await add({ leaseOwner: 'you', leaseUntil: later(1), fence: 2 })
      const fenced = await add({ leaseOwner: 'me', leaseUntil: later(1), fence: 3 })
      const held = [mine, other, fenced].map(({ id }) => ({ id, fence: 2 }))
      const until = later(60_000)
      assert.deepEqual(await store.renewLeases('me', held, until), [mine.id])
      assert.deepEqual(await store.get(mine.id), { ...mine, leaseUntil: until, dueAt: until })
      assert.deepEqual(await store.get(other.id), other)
      assert.deepEqual(await store.get(fenced.id), fenced)
      assert.deepEqual(await store.renewLeases('me', [], until), [])
    })

    test('what is due is found: open or ended, in order, page by page', async () => {
      const at = '2029-01-01T00:00:00.000Z'
      const due = (n: number) => `2028-01-01T00:00:0${n}.000Z`
      const open = []
      for (const [n, status] of (['initiated', 'completing', 'initiated', 'completing'] as const).entries()) {
        // Two at one moment, the younger added first to none.
        open.push(await add({ status, dueAt: due(n === 2 ? 1 : n) }))
      }
      const ended = []
      for (const [n, status] of (['completed', 'failed', 'aborted', 'expired'] as const).entries()) {
        ended.push(await add({ status, dueAt: due(n) }))
      }
      await add({ dueAt: '2029-01-01T00:00:00.001Z' })
      const exact = await add({ dueAt: at })
      const idsOf = (sessions: readonly StoredSession[]) => sessions.map(({ id }) => id)
      const wanted = idsOf([...open, exact])
      assert.deepEqual(idsOf(await store.due({ ended: false, at, limit: 50 })), wanted)
      assert.deepEqual(idsOf(await store.due({ ended: true, at, limit: 50 })), idsOf(ended))
      const paged: StoredSession[] = []
      for (let after: StoredSession | undefined; ; after = paged.at(-1)) {
        const page = await store.due({ ended: false, at, after, limit: 2 })
        paged.push(...page)
        if (page.length < 2) break
      }
      assert.deepEqual(idsOf(paged), wanted)
      assert.deepEqual(paged[0], await store.get(open[0]?.id as string))
    })

    test('one’s own open uploads are found, newest first', async () => {
      const actorId = 'carol'
      const mine = []
      for (let n = 0; n < 5; n += 1) mine.unshift(await add({ actorId, filename: `${n % 2}`, declaredSize: n }))
      await add({ actorId, status: 'completing' })
      await add({ actorId, status: 'aborted' })
      await add({ actorId, kind: 'post' })
      const elsewhere = await add({ actorId, sourceId: sources[1] })
      await add({ actorId: 'dora' })
      await add({ actorId: null })
      const question = { sourceId: sources[0], actorId, limit: 50 }
      assert.deepEqual(await store.list(question), mine)
      assert.deepEqual(await store.list({ ...question, limit: 2 }), mine.slice(0, 2))
      assert.deepEqual(await store.list({ ...question, before: mine[1]?.id, limit: 2 }), mine.slice(2, 4))
      assert.deepEqual(
        await store.list({ ...question, filename: '1' }),
        mine.filter(({ filename }) => filename === '1'),
      )
      assert.deepEqual(await store.list({ ...question, filename: '1', size: 3 }), [mine[1]])
      assert.deepEqual(await store.list({ ...question, size: 99 }), [])
      assert.deepEqual(await store.list({ ...question, sourceId: sources.slice(0, 2) }), [elsewhere, ...mine])
      assert.deepEqual(await store.list({ ...question, sourceId: [] }), [])
    })

    test('what was sent to a collection is found, newest first, in any state', async () => {
      const of = { purpose: 'dataset', organizationId: 'o1', collectionId: 'c1' } as const
      const all = []
      for (const status of ['initiated', 'completing', 'completed', 'failed', 'aborted', 'expired'] as const) {
        all.unshift(await add({ ...of, status, sourceId: sources[all.length % 2] as number, actorId: status }))
      }
      await add({ ...of, collectionId: 'c2' })
      await add({ ...of, organizationId: 'o2' })
      await add({ collectionId: 'c1' })
      const question = { organizationId: 'o1', collectionId: 'c1', limit: 50 }
      assert.deepEqual(await store.list(question), all)
      assert.deepEqual(await store.list({ ...question, limit: 2 }), all.slice(0, 2))
      assert.deepEqual(await store.list({ ...question, before: all[1]?.id, limit: 2 }), all.slice(2, 4))
      const open = all.filter(({ status }) => status === 'initiated' || status === 'completing')
      assert.deepEqual(await store.list({ ...question, statuses: ['initiated', 'completing'] }), open)
      assert.deepEqual(await store.list({ ...question, collectionId: 'c3' }), [])
      const file = { sourceId: sources[0], actorId: 'initiated', limit: 50 }
      assert.deepEqual(await store.list(file), [], 'it is not among the open files of its actor')
    })

    test('what is removed is gone, and its token with it', async () => {
      const tokenHash = 'b'.repeat(64)
      const [one, two, stays] = [await add({ tokenHash }), await add(), await add()]
      await store.remove([one.id, two.id])
      assert.equal(await store.get(one.id), undefined)
      assert.equal(await store.byToken(tokenHash), undefined)
      assert.equal(await store.update(two.id, {}, { fence: 9 }), undefined)
      assert.deepEqual(await store.get(stays.id), stays)
      await add({ tokenHash })
    })
  })
}
