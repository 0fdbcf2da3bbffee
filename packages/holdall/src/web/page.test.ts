import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import { STYLESHEETS, siteIcon, stylesheet } from './assets.ts'
import { elementsBundle, elementsVersion } from './elements-bundle.ts'
import { html } from './html.ts'
import { initials, type PageContent, type PageFrame, renderPage } from './page.ts'
import { createUrls } from './url.ts'

const FRAME: PageFrame = { urls: createUrls('/data/'), actor: null, theme: 'system', path: '/a?b=1' }

async function page(options: Partial<PageFrame & PageContent> = {}): Promise<string> {
  return String(await renderPage({ ...FRAME, title: 'objects', body: html`<p>body</p>`, ...options }))
}

describe('renderPage', () => {
  test('every address carries base_url', async () => {
    const text = await page({ actor: { id: 'ines' }, mayManagePeople: true, section: 'files' })
    const addresses = [...text.matchAll(/(?:href|src|action)="([^"#][^"]*)"/g)].map((match) => match[1] ?? '')
    assert.ok(addresses.length > 8)
    assert.deepEqual(
      addresses.filter((address) => !address.startsWith('/data/')),
      [],
    )
  })

  test('nothing is inline: no script without src, no style, no handler', async () => {
    const text = await page({ actor: { id: 'ines' }, said: 'Row saved' })
    assert.doesNotMatch(text, /<script(?![^>]* src=)/)
    assert.doesNotMatch(text, /<style|\sstyle=|\son[a-z]+=/)
  })

  test('what comes from people is text', async () => {
    const nasty = `"><script>alert(1)</script>'`
    const text = await page({
      title: nasty,
      lede: nasty,
      said: nasty,
      instance: nasty,
      path: nasty,
      actor: { id: 'x', name: nasty },
      crumbs: [{ label: nasty, href: 'javascript:alert(1)' }],
    })
    assert.doesNotMatch(text, /<script>alert/)
    assert.doesNotMatch(text, /javascript:/)
  })

  test('the theme of the cookie is in the first byte that is painted; the system’s needs nothing', async () => {
    assert.match(await page({ theme: 'dark' }), /<html lang="en" data-theme="dark">/)
    assert.match(await page(), /<html lang="en">/)
    assert.match(await page({ theme: 'dark' }), /value="dark" aria-pressed="true"/)
  })

  test('one h1, and none of its own when the body brings it', async () => {
    assert.equal((await page()).match(/<h1/g)?.length, 1)
    assert.equal((await page({ heading: null })).match(/<h1/g), null)
  })

  test('what the actor may not do is absent', async () => {
    assert.doesNotMatch(await page({ actor: { id: 'bob' } }), /-\/people/)
    assert.doesNotMatch(await page({ showFiles: false }), />Files</)
    assert.match(await page(), /href="\/data\/-\/sign-in\?return=%2Fa%3Fb%3D1"/)
    assert.doesNotMatch(await page({ actor: { id: 'bob' } }), /sign-in/)
  })
})

test('initials of people, ids and nothing', () => {
  assert.deepEqual(['Inês Moreira', 'bob', 'anna.b.carlson@example.org', '', '👩‍🚀'].map(initials).slice(0, 4), [
    'IM',
    'BO',
    'AO',
    '?',
  ])
})

describe('assets', () => {
  test('every stylesheet is served, the tokens first', () => {
    const files = readdirSync(new URL('./assets/', import.meta.url)).filter((name) => name.endsWith('.css'))
    assert.deepEqual([...STYLESHEETS].sort(), files.sort())
    assert.equal(STYLESHEETS[0], 'tokens.css')
    assert.equal(stylesheet(), stylesheet())
    assert.match(siteIcon().etag, /^"[\w-]{16}"$/)
  })

  test('only the tokens name colours', () => {
    const rest = new TextDecoder().decode(stylesheet().body).replace(/^[\s\S]*?prefers-contrast: more[\s\S]*?\n}\n/, '')
    assert.deepEqual(rest.match(/#[0-9a-f]{3,8}\b(?!-)|\b(?:rgb|hsl|oklch)\(/gi), null)
  })

  test('the bundle is made once, for browsers, and its version is its name', async () => {
    const bundle = await elementsBundle('page')
    assert.equal(await elementsBundle('page'), bundle)
    assert.equal(bundle.etag, `"${elementsVersion()}"`)
    const text = new TextDecoder().decode(bundle.body)
    for (const name of ['file-upload', 'file-column-input', 'file-picker', 'file-cell']) assert.ok(text.includes(name))
    assert.doesNotMatch(text, /node:http|from"lit/)
  })
})
