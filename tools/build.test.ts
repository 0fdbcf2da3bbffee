import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { findBuilt } from 'holdall/built'

const BEGUN = Date.parse('2026-11-21T12:00:00Z')
const MINUTE = 60_000

describe('what a checkout has built is run', () => {
  let checkout: string
  const inside = (path: string) => join(checkout, path)

  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), 'holdall-build-'))
    for (const folder of ['packages/holdall/src/web', 'node_modules/.cache/holdall/build/holdall/dist/cli'])
      mkdirSync(inside(folder), { recursive: true })
    for (const file of [
      'package-lock.json',
      'packages/holdall/src/plugin.ts',
      'packages/holdall/src/web/url.ts',
      'packages/holdall/src/web/url.test.ts',
    ])
      writeFileSync(inside(file), '')
    for (const path of [
      'package-lock.json',
      'packages/holdall/src/plugin.ts',
      'packages/holdall/src/web/url.ts',
      'packages/holdall/src/web',
      'packages/holdall/src',
      'packages/holdall',
      'packages',
    ])
      touch(path, BEGUN - MINUTE)
  })
  afterEach(() => rmSync(checkout, { recursive: true }))

  function touch(path: string, at: number): void {
    utimesSync(inside(path), at / 1000, at / 1000)
  }

  function point(): void {
    const doors = { 'packages/holdall/src/plugin.ts': 'holdall/dist/plugin.js' }
    writeFileSync(
      inside('node_modules/.cache/holdall/current.json'),
      JSON.stringify({ name: 'build', begun: BEGUN, doors }),
    )
    writeFileSync(inside('node_modules/.cache/holdall/build/holdall/dist/cli/main.js'), '')
  }

  test('while no source is newer; a door that is asked for by its source is the built one', () => {
    point()
    const built = findBuilt(checkout)
    assert.equal(built?.main, pathToFileURL(inside('node_modules/.cache/holdall/build/holdall/dist/cli/main.js')).href)
    const door = pathToFileURL(inside('packages/holdall/src/plugin.ts')).href
    assert.equal(
      built?.door(door),
      pathToFileURL(inside('node_modules/.cache/holdall/build/holdall/dist/plugin.js')).href,
    )
    assert.equal(built?.door('node:fs'), 'node:fs')
  })

  for (const path of ['packages/holdall/src/web/url.ts', 'packages/holdall/src/web', 'package-lock.json']) {
    test(`but not when ${path} is newer`, () => {
      point()
      touch(path, BEGUN + MINUTE)
      assert.equal(findBuilt(checkout), undefined)
    })
  }

  test('though a test is newer', () => {
    point()
    touch('packages/holdall/src/web/url.test.ts', BEGUN + MINUTE)
    assert.notEqual(findBuilt(checkout), undefined)
  })

  test('where the checkout is now, when it was moved', () => {
    point()
    const before = checkout
    checkout = `${before} moved`
    renameSync(before, checkout)
    const main = inside('node_modules/.cache/holdall/build/holdall/dist/cli/main.js')
    assert.equal(findBuilt(checkout)?.main, pathToFileURL(main).href)
  })

  test('but not when it is gone', () => {
    point()
    rmSync(inside('node_modules/.cache/holdall/build'), { recursive: true })
    assert.equal(findBuilt(checkout), undefined)
  })

  test('and nothing where nothing was built', () => {
    assert.equal(findBuilt(checkout), undefined)
  })
})
