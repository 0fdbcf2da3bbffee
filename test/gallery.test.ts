import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, BrowserContext } from 'playwright-core'
import { launchBrowser, lookAt } from './support/browser.ts'
import { GALLERY } from './support/gallery-pages.ts'
import { type Gallery, startGallery } from './support/gallery-server.ts'

let gallery: Gallery
let browser: Browser
let context: BrowserContext

before(async () => {
  ;[gallery, browser] = await Promise.all([startGallery(), launchBrowser()])
  context = await browser.newContext()
})

after(async () => {
  await browser.close()
  await gallery.close()
})

describe('every part in its states, in both themes and two widths', () => {
  for (const name of Object.keys(GALLERY)) {
    test(`${name} has no accessibility violation and does not scroll sideways`, async () => {
      assert.deepEqual(await lookAt(context, `${gallery.url}/${name}`, `gallery-${name}`), [])
    })
  }
})
