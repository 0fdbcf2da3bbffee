import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FileBrief } from '../../files/record.ts'
import { HoldallError } from '../../web/error.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import { nameKey } from '../name-key.ts'
import { MAX_BEGINNINGS, MAX_PATTERN } from './limits.ts'
import type { BestRows } from './match.ts'
import { candidatesFor, WHOLE } from './names.ts'
import { readPattern } from './pattern.ts'
import { inOrder, planLines } from './plan.ts'

describe('what names are compared by', () => {
  test('case, separators and leading zeros do not count; where a number ends does', () => {
    for (const text of ['HM 1862-014', 'hm_1862_14', 'Hm.1862–0014', 'HM  1862/14 ']) {
      assert.equal(nameKey(text, false), 'hm 1862 14', text)
    }
    assert.notEqual(nameKey('1862-014', false), nameKey('18620-14', false))
    assert.notEqual(nameKey('1862-014', false), nameKey('1862014', false))
    assert.equal(nameKey('a014', false), 'a014')
    assert.equal(nameKey('000', false), '0')
    assert.equal(nameKey('Č. 007', false), nameKey('Č 7', false))
    assert.equal(nameKey(1862n, false), '1862')
  })

  test('letter for letter, only the Unicode form is made one', () => {
    assert.equal(nameKey('HM 014', true), 'HM 014')
    assert.equal(nameKey('e\u0301', true), '\u00e9')
  })

  test('what cannot stand in a name is nothing', () => {
    for (const value of [null, undefined, '', '--', new Uint8Array([1]), 'x'.repeat(256)]) {
      assert.equal(nameKey(value, false), null)
    }
    assert.equal(nameKey('x'.repeat(255), true)?.length, 255)
  })
})

describe('candidates', () => {
  const keys = async (name: string, how: 'equal' | 'prefix', exact = false) =>
    (await candidatesFor([name], { how, exact })).map(([key, , rank]) => [key, rank])

  test('equal takes the whole name without its ending and its folders', async () => {
    assert.deepEqual(await keys('scans/HM 1862-14.JPG', 'equal'), [['hm 1862 14', WHOLE]])
    assert.deepEqual(await keys('.jpg', 'equal'), [['jpg', WHOLE]])
    assert.deepEqual(await keys('1862.014', 'equal'), [['1862', WHOLE]])
  })

  test('prefix takes every beginning that a separator ends, the whole first, and not too many', async () => {
    assert.deepEqual(await keys('1862-014_back.jpg', 'prefix'), [
      ['1862 14 back', WHOLE],
      ['1862', 4],
      ['1862 14', 8],
    ])
    assert.equal((await keys('a-'.repeat(120), 'prefix', true)).length, MAX_BEGINNINGS)
  })
})

describe('patterns', () => {
  test('read the value where it stands, in any case, the longest reading first', () => {
    assert.deepEqual(readPattern('IMG {value} *.jpg').read('img 1862-014 back view.JPG'), ['1862-014 back', '1862-014'])
    assert.deepEqual(readPattern('{value}.jpg').read('1862-014.JPG'), ['1862-014'])
    assert.deepEqual(readPattern('*_{value}_*').read('a_b_c_d'), ['b_c', 'b', 'c'])
    assert.deepEqual(readPattern('HM{value}').read('1862'), [])
    assert.deepEqual(readPattern('ab{value}bc').read('abc'), [], 'nothing overlaps')
    assert.deepEqual(readPattern('a.*+({value}').read('a.anything+(7'), ['7'], 'nothing else is special')
  })

  test('without {value} once, or too long, they are refused with an example', () => {
    for (const text of ['', '*', '{value}{value}', `{value}${'x'.repeat(MAX_PATTERN - 6)}`]) {
      assert.throws(
        () => readPattern(text),
        (error) =>
          error instanceof HoldallError &&
          error.code === 'attach_pattern_invalid' &&
          error.fields.pattern !== undefined,
        text,
      )
    }
    readPattern(`{value}${'x'.repeat(MAX_PATTERN - 7)}`)
  })

  test('the worst of them takes no longer than its name is long', () => {
    const pattern = readPattern(`${'*a'.repeat(90)}*{value}*a`)
    const started = performance.now()
    for (let at = 0; at < 200; at += 1) pattern.read('a'.repeat(255))
    assert.ok(performance.now() - started < 2_000, `${performance.now() - started} ms`)
  })
})

describe('plans', () => {
  const NOTHING_HELD = { files: new Map(), deleted: new Map() }
  const single: FileColumn = { multiple: false, accept: [], declared: false }
  const file = (at: number, filename = `${at}.jpg`, more: Partial<FileBrief> = {}): FileBrief => ({
    id: `df-${String(at).padStart(26, '0')}`,
    sourceSlug: 'files',
    filename,
    contentType: 'image/jpeg',
    size: 10,
    width: null,
    height: null,
    changedAt: null,
    missingSince: null,
    contentHash: null,
    unreadable: null,
    ...more,
  })
  const rows = (rank: number, ...found: [key: string, cell?: string][]): BestRows => ({
    rank,
    count: found.length,
    rows: found.map(([key, cell]) => [key, null, cell ?? null]),
  })
  const plan = (found: BestRows[], rule: FileColumn = single, replace = false) =>
    planLines({
      files: found.map((_, at) => ({ id: file(at).id, file: file(at) })),
      found: new Map(found.map((one, at) => [at, one])),
      rule,
      replace,
      held: NOTHING_HELD,
    }).map(({ state, chosen }) => [state, chosen])

  test('of several files for one row the whole name wins, and nobody where none is whole', () => {
    assert.deepEqual(plan([rows(WHOLE, ['1']), rows(8, ['1'])]), [
      ['matched', '1'],
      ['double', null],
    ])
    assert.deepEqual(plan([rows(8, ['1']), rows(8, ['1'])]), [
      ['double', null],
      ['double', null],
    ])
    assert.deepEqual(plan([rows(8, ['1']), rows(8, ['1'])], { ...single, multiple: true }), [
      ['matched', '1'],
      ['matched', '1'],
    ])
  })

  test('several rows, rows with a file and rows with this very file are told apart', () => {
    assert.deepEqual(plan([rows(WHOLE, ['1'], ['2'])]), [['several', null]])
    assert.deepEqual(plan([rows(WHOLE, ['1', file(9).id])]), [['filled', null]])
    assert.deepEqual(plan([rows(WHOLE, ['1', file(9).id])], single, true), [['filled', '1']])
    assert.deepEqual(plan([rows(WHOLE, ['1', file(0).id])]), [['same', null]])
    for (const rule of [single, { ...single, multiple: true }]) {
      assert.deepEqual(plan([rows(WHOLE, ['1', 'words'])], rule), [['text', null]])
      assert.deepEqual(plan([rows(WHOLE, ['1', 'words']), rows(WHOLE, ['1', 'words'])], rule, true), [
        ['text', null],
        ['text', null],
      ])
    }
    assert.deepEqual(plan([rows(WHOLE, ['1', file(9).id])], { ...single, multiple: true }), [['matched', '1']])
  })

  test('what the column does not take is refused in the words of every write', () => {
    const [line] = planLines({
      files: [{ id: file(1).id, file: file(1) }],
      found: new Map([[0, rows(WHOLE, ['1'])]]),
      rule: { ...single, accept: ['.pdf'] },
      replace: false,
      held: NOTHING_HELD,
    })
    assert.equal(line?.state, 'refused')
    assert.match(line?.note ?? '', /This column takes \.pdf\. 1\.jpg is image\/jpeg\./)
    const [hidden] = planLines({
      files: [{ id: file(1).id, file: undefined }],
      found: new Map(),
      rule: single,
      replace: false,
      held: NOTHING_HELD,
    })
    assert.match(hidden?.note ?? '', /does not exist, or you may not see it/)
  })

  test('files stand in the order in which people count', () => {
    const names = ['10.jpg', '2.jpg', 'a.jpg', '1.jpg'].map((name, at) => file(at, name))
    assert.deepEqual(
      inOrder(names).map(({ filename }) => filename),
      ['1.jpg', '2.jpg', '10.jpg', 'a.jpg'],
    )
  })

  test('the main picture stands before its back, its copy and its details', () => {
    const wanted = [
      'NN-1950-0001.jpg',
      'NN-1950-0001 (copy).jpg',
      'NN-1950-0001_2.jpg',
      'NN-1950-0001_10.jpg',
      'NN-1950-0001_back.jpg',
      'NN-1950-0002.jpg',
    ]
    assert.deepEqual(
      inOrder([...wanted].reverse().map((name, at) => file(at, name))).map(({ filename }) => filename),
      wanted,
    )
  })
})
