import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, BrowserContext, Page, Request } from 'playwright-core'
import { CHROMIUM, LOOKS, launchBrowser, look } from './support/browser.ts'
import { filesOf } from './support/guide.ts'
import { createToken, type RunningHoldall, startHoldall } from './support/holdall.ts'
import { photograph } from './support/photograph.ts'

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false
const GUIDE = readFileSync(new URL('../docs/guides/components-in-your-own-page.md', import.meta.url), 'utf8')
const FILES = filesOf(GUIDE)
const ELEMENTS = ['file-cell', 'file-column-input', 'file-matcher', 'file-picker', 'file-upload', 'parquet-upload']
const COMPONENTS = 'file-upload *, file-column-input *, file-cell *, file-picker *, parquet-upload *'
const ORGANIZATION = '550e8400-e29b-41d4-a716-446655440000'
/** More than goes in one request. */
const LARGE = 20_000_000

/** What pages say about everything on them, and libraries about names that ours are too. */
const UNFRIENDLY = `
  html { font-size: 62.5%; color: #333; }
  body { font: italic 700 30px/3 cursive; letter-spacing: 4px; text-transform: uppercase; text-align: right; white-space: pre; }
  *, *::before, *::after { border: 0 solid red; box-sizing: content-box; }
  li::before { content: "•"; color: red; }
  a::after { content: "↗"; }
  body main button { background: red; color: lime; padding: 40px; border-radius: 99px; float: left; text-transform: uppercase; box-shadow: 0 0 9px red; }
  button:hover, button:focus-visible { outline: 9px solid red; transform: scale(2); }
  h2 { font-size: 60px; margin: 50px; color: red; border-bottom: 4px solid; }
  p, ul, ol, li, label, form, dialog, span { margin: 33px; padding: 7px; list-style: square; display: block; }
  img, svg, path { width: 200px; opacity: 0.1; fill: red; stroke: lime; display: block; }
  input, select, progress { appearance: auto; width: 10px; background: red; }
  dialog::backdrop { background: lime; }
  #page .panel, #page .button, .toast, .notice, .picker, .tile, .search, .icon, .grow { display: none; position: absolute; opacity: 0.2; }
  .file-name { color: red; }
  .hidden { display: none; }
  @keyframes turn { to { opacity: 0; } }
  @keyframes rise { to { opacity: 0; } }
  :root { --accent: red; --surface: lime; --text: yellow; --s-4: 90px; --font: cursive; }
  file-upload, file-picker, file-cell, file-column-input, parquet-upload, .toasts { --rem: 16px; }
`

let folder: string
let holdall: RunningHoldall
let proxy: ChildProcess
let url: string
let browser: Browser
let context: BrowserContext
let page: Page
let asked: Request[]
let troubles: string[]

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function post(path: string, token: string, body: unknown): Promise<void> {
  const answer = await fetch(`${holdall.url}${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  assert(answer.ok, await answer.text())
}

function isBatch(request: Request): boolean {
  return new URL(request.url()).pathname.endsWith('/batch.json')
}

/** The page of the guide, with other words in the place of its main part. */
function pageWith(main: string, style = ''): string {
  return (FILES['page.html'] ?? '')
    .replace(/<main>[\s\S]*<\/main>/, `<main id="page">${main}</main>`)
    .replace(/<style>[\s\S]*<\/style>/, `<style>${style}</style>`)
    .replace(/<script type="module">[\s\S]*?<\/script>/, '')
}

async function openPage(html = FILES['page.html'] ?? ''): Promise<void> {
  writeFileSync(join(folder, 'page.html'), html)
  await page.goto(url, { waitUntil: 'networkidle' })
}

async function chooseFiles(button: string, ...paths: string[]): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: button }).first().click()
  await (await chooser).setFiles(paths)
}

describe('the components on a page that is not ours', { skip }, () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-any-page-'))
    for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder, name), content)
    ;[holdall, browser] = await Promise.all([
      startHoldall({ data: join(folder, 'data'), config: join(folder, 'holdall.yaml'), args: ['--create'] }),
      launchBrowser(),
    ])
    const port = await freePort()
    const script = (FILES['try.mjs'] ?? '').replace('8001', new URL(holdall.url).port).replace('8080', String(port))
    writeFileSync(join(folder, 'try.mjs'), script)
    proxy = spawn(process.execPath, ['try.mjs'], { cwd: folder, stdio: 'inherit' })
    url = `http://127.0.0.1:${port}/`
    while (!(await fetch(url).catch(() => null))) await sleep(50)
    const token = await createToken(holdall.data, 'root')
    const columns = ['id:integer', 'name:text', 'photo:text'].map((one) => one.split(':'))
    await post('/museum/-/create', token, {
      table: 'objects',
      pk: 'id',
      columns: columns.map(([name, type]) => ({ name, type })),
    })
    const rows = ['Lantern', 'Sail plan', 'Harbour in winter'].map((name) => ({ name }))
    await post('/museum/objects/-/insert', token, { rows })
    writeFileSync(join(folder, 'lantern_lit_studio.jpg'), await photograph(1, 1200, 900))
    writeFileSync(join(folder, 'sail-plan_solveig.jpg'), await photograph(2, 900, 1200))
    writeFileSync(join(folder, 'large.jpg'), Buffer.concat([await photograph(3), Buffer.alloc(LARGE)]))
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
    const first = await context.newPage()
    await first.goto(holdall.signInLink)
    await first.getByRole('button', { name: 'Sign in as root' }).click()
    await first.waitForURL(/\/files\/$/)
    await first.close()
  })

  after(async () => {
    await browser?.close()
    proxy?.kill()
    await holdall?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  beforeEach(async () => {
    page = await context.newPage()
    asked = []
    troubles = []
    page.on('request', (request) => asked.push(request))
    page.on('pageerror', (error) => troubles.push(error.message))
  })

  afterEach(async () => {
    await page.close()
    assert.deepEqual(troubles, [])
  })

  test('files are uploaded, in one request and in parts, and the page hears of each', async () => {
    await openPage()
    await page.evaluate(() => {
      const heard: string[] = []
      Object.assign(globalThis, { heard })
      for (const type of ['file-uploaded', 'upload-error', 'all-complete']) {
        document.addEventListener(type, ({ type: name, detail }: CustomEventInit & Event) =>
          heard.push(`${name} ${detail.file?.filename ?? `${detail.uploaded} ${detail.failed}`}`),
        )
      }
    })
    await chooseFiles('Choose files', join(folder, 'lantern_lit_studio.jpg'))
    await page.getByText(/^Done · /).waitFor()
    await chooseFiles('Choose files', join(folder, 'large.jpg'), join(folder, 'sail-plan_solveig.jpg'))
    await page.getByText('3 of 3 done').waitFor()
    const parts = asked.filter((request) => request.method() === 'PUT').map((request) => request.url())
    assert.equal(parts.length, 3)
    for (const part of parts) assert(part.startsWith(`${url}files/-/files/upload/parts/`), part)
    const heard = await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard)
    assert.deepEqual([...heard].sort(), [
      'all-complete 1 0',
      'all-complete 3 0',
      'file-uploaded lantern_lit_studio.jpg',
      'file-uploaded large.jpg',
      'file-uploaded sail-plan_solveig.jpg',
    ])
  })

  test('a file is picked', async () => {
    await openPage()
    await page.getByRole('button', { name: 'Pick a picture' }).click()
    await page.getByRole('radio', { name: 'sail-plan_solveig.jpg' }).first().check()
    await page.getByRole('button', { name: 'Attach file' }).click()
    await page.locator('#picked', { hasText: 'sail-plan_solveig.jpg' }).waitFor()
  })

  test('a cell takes a file, writes the row, and shows it from then on; cells ask the server together', async () => {
    await openPage()
    const cells = page.locator('file-cell')
    for (const [at, name] of ['lantern_lit_studio.jpg', 'sail-plan_solveig.jpg'].entries()) {
      const chooser = page.waitForEvent('filechooser')
      await cells.nth(at).locator('.file-slot').click()
      await (await chooser).setFiles(join(folder, name))
      await page.getByText(`${name} attached to`).waitFor()
    }
    asked = []
    await openPage()
    assert.equal(await cells.nth(0).locator('.file-text a').getAttribute('aria-label'), 'lantern_lit_studio.jpg')
    assert.equal(
      await cells
        .nth(1)
        .locator('img')
        .evaluate((image: HTMLImageElement) => image.naturalWidth > 0),
      true,
    )
    assert.equal(await cells.nth(2).locator('.file-slot').count(), 1)
    assert.equal(asked.filter(isBatch).length, 1)
  })

  test('a cell without a row shows and changes nothing; what is gone says so; a field knows its files', async () => {
    await openPage()
    const value = await page
      .locator('file-cell')
      .first()
      .evaluate((cell) => (cell as HTMLElement & { value: string }).value)
    const id = JSON.parse(value.startsWith('[') ? value : `["${value}"]`)[0] as string
    asked = []
    const none = `df-${'0'.repeat(26)}`
    await openPage(
      pageWith(`<h1>Cells</h1><file-cell base="/files/" value="${id}"></file-cell><file-cell base="/files/" value="${none}"></file-cell>
        <file-cell base="/files/"></file-cell><file-cell base="/files/" multiple value='["${id}","${none}"]'></file-cell>
        <form method="get"><file-column-input base="/files/" source="photos" name="photo" pickable value="${id}"></file-column-input></form>
        <file-column-input base="/files/" source="photos" name="other" value="${none}"></file-column-input>`),
    )
    const cells = page.locator('file-cell')
    await cells.nth(0).hover()
    assert.equal(await cells.nth(0).locator('button').count(), 0)
    assert.match((await cells.nth(0).textContent()) ?? '', /^\s*lantern_lit_studio\.jpg/)
    assert.match((await cells.nth(1).textContent()) ?? '', /^\s*Gone for goodNo source has this file any more\s*$/)
    assert.equal((await cells.nth(2).textContent())?.trim(), 'No file')
    assert.equal(await cells.nth(3).locator('.file-strip > a').count(), 1)
    assert.match((await cells.nth(3).locator('.file-strip > .type-tile').textContent()) ?? '', /^\s*Gone for good\s*$/)
    assert.equal(asked.filter(isBatch).length, 1)
    const other = page.locator('file-column-input[name=other] .file-text')
    assert.match((await other.textContent()) ?? '', /^\s*Gone for goodNo source has this file any more/)
    const field = page.locator('file-column-input[name=photo]')
    await field.getByText('lantern_lit_studio.jpg').first().waitFor()
    await field.getByRole('button', { name: 'Pick from library' }).click()
    await page.getByRole('radio', { name: 'sail-plan_solveig.jpg' }).first().check()
    await page.getByRole('button', { name: 'Attach file' }).click()
    const sent = await page
      .locator('form')
      .first()
      .evaluate((form: HTMLFormElement) => new FormData(form).get('photo'))
    assert.match(String(sent), /^df-[a-z0-9]{26}$/)
    assert.notEqual(sent, id)
  })

  for (const state of ['the page', 'the queue', 'the picker'] as const) {
    test(`${state} has no accessibility violation and does not scroll sideways`, async () => {
      const findings: string[] = []
      let width = 0
      for (const how of LOOKS) {
        await page.emulateMedia({ colorScheme: how.colorScheme, reducedMotion: 'reduce' })
        if (how.width !== width) {
          width = how.width
          await page.setViewportSize({ width: how.width, height: how.height })
          await openPage()
          if (state === 'the queue') {
            await chooseFiles('Choose files', join(folder, 'sail-plan_solveig.jpg'))
            await page.getByText(/^Done · /).waitFor()
          } else if (state === 'the picker') {
            await page.getByRole('button', { name: 'Pick a picture' }).click()
            await page.getByRole('radio', { name: 'sail-plan_solveig.jpg' }).first().check()
          }
        }
        findings.push(...(await look(page, `any-page-${state.slice(4)}`, how)))
      }
      assert.deepEqual(findings, [])
    })
  }

  test('what a page says of its own buttons, lists and names reaches no component', async () => {
    const main = `<file-upload base="/files/" source="photos"></file-upload>
      <file-column-input base="/files/" source="photos" name="photo" multiple pickable></file-column-input>
      <file-cell base="/files/" source="photos" column="photo" row-url="/files/museum/objects/3" label="photo"></file-cell>
      <file-picker base="/files/" source="photos" multiple></file-picker>
      <parquet-upload base="/files/" organization="${ORGANIZATION}" collection="visitors"></parquet-upload>`
    const drawn: Drawn[] = []
    for (const style of ['main { width: 800px }', `main { width: 800px } ${UNFRIENDLY}`]) {
      await openPage(pageWith(main, style))
      await page.locator('file-picker').evaluate((picker) => {
        ;(picker as HTMLElement & { open(): unknown }).open()
      })
      await page.getByRole('checkbox').first().waitFor()
      await page.locator('parquet-upload').evaluate((element) => {
        ;(element as HTMLElement & { add(files: File[]): unknown }).add([new File(['1,2'], 'notes.parquet')])
      })
      await page.locator('.upload-card .reason').waitFor()
      await page
        .locator('file-picker img')
        .first()
        .evaluate((image: HTMLImageElement) => image.decode())
      drawn.push(await page.evaluate(drawnStyles, COMPONENTS))
    }
    const [friendly = {}, unfriendly = {}] = drawn
    assert(Object.keys(friendly).length > 60, `only ${Object.keys(friendly).length} elements`)
    assert.deepEqual(differences(friendly, unfriendly), [])
  })

  test('a page stays as it was when the stylesheet comes', async () => {
    const main = `<h1>A</h1><h2 class="panel">B</h2><p class="muted">C <a href="#x" class="button filled">D</a></p><ul class="file-list"><li>E</li></ul>
      <dialog open>F</dialog><progress></progress><input type="checkbox"><button class="toast">G</button><div class="toasts">H</div><p hidden class="unseen">I</p>`
    await openPage(pageWith(main))
    const withIt = await page.evaluate(drawnStyles, 'html, head ~ body, main, main *')
    await openPage(
      pageWith(main)
        .replace(/<link.*>/, '')
        .replace(/<script type.*<\/script>/, ''),
    )
    const without = await page.evaluate(drawnStyles, 'html, head ~ body, main, main *')
    assert(Object.keys(without).length > 30, `only ${Object.keys(without).length} elements`)
    assert.deepEqual(differences(without, withIt), [])
  })

  test('a page says with custom properties how components look, and with its colour scheme whether they are dark', async () => {
    const main = '<file-upload base="/files/" source="photos"></file-upload>'
    await page.emulateMedia({ colorScheme: 'dark' })
    const background = () =>
      page.getByRole('button', { name: 'Choose files' }).evaluate((button) => getComputedStyle(button).backgroundColor)
    const surface = () => page.locator('.panel').evaluate((panel) => getComputedStyle(panel).backgroundColor)
    await openPage(pageWith(main, 'file-upload { --accent: rgb(1, 2, 3) }'))
    assert.deepEqual([await background(), await surface()], ['rgb(1, 2, 3)', 'rgb(255, 255, 255)'])
    await openPage(pageWith(main, ':root { color-scheme: light dark }'))
    assert.equal(await surface(), 'rgb(22, 26, 29)')
    await openPage(pageWith(main, 'file-upload { color-scheme: dark; display: inline-block; width: 300px }'))
    assert.equal(await surface(), 'rgb(22, 26, 29)')
    assert.equal(await page.locator('file-upload').evaluate((element) => element.clientWidth), 300)
  })

  test('where nothing takes files, dropping them is the page’s own affair', async () => {
    const prevented = () =>
      page.evaluate(() => {
        const transfer = new DataTransfer()
        transfer.items.add(new File(['x'], 'x.txt'))
        const over = new DragEvent('dragover', { dataTransfer: transfer, bubbles: true, cancelable: true })
        return !document.body.dispatchEvent(over)
      })
    await openPage(pageWith('<file-picker base="/files/"></file-picker><file-cell base="/files/"></file-cell>'))
    assert.equal(await prevented(), false)
    await openPage(pageWith('<file-upload base="/files/" source="photos"></file-upload>'))
    assert.equal(await prevented(), true)
  })

  test('what is pasted into an editor of the page is the editor’s, and elsewhere it is uploaded', async () => {
    await openPage(
      pageWith(
        '<div contenteditable="true">Text</div><p>Words</p><file-upload base="/files/" source="photos"></file-upload>',
      ),
    )
    const paste = (selector: string) =>
      page.locator(selector).evaluate((element) => {
        const clipboardData = new DataTransfer()
        clipboardData.items.add(new File(['x'], 'pasted.txt', { type: 'text/plain' }))
        return !element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
      })
    assert.equal(await paste('[contenteditable]'), false)
    assert.equal(await page.locator('.upload-queue').count(), 0)
    assert.equal(await paste('main > p'), true)
    await page.getByText(/^Done · /).waitFor()
  })

  test('the guide names every attribute of every element', async () => {
    await openPage()
    const attributes = await page.evaluate(
      (names) =>
        names.map(
          (name) => (customElements.get(name) as unknown as { observedAttributes: string[] }).observedAttributes,
        ),
      ELEMENTS,
    )
    const common = GUIDE.slice(GUIDE.indexOf('## The elements'), GUIDE.indexOf('### `<'))
    for (const [at, name] of ELEMENTS.entries()) {
      const section = GUIDE.split(`### \`<${name}>\``)[1]?.split(/^##/m)[0] ?? ''
      for (const attribute of attributes[at] ?? [])
        assert(`${common}${section}`.includes(`| \`${attribute}\` |`), `${name} ${attribute}`)
    }
  })

  test('the script and the stylesheet keep their addresses, and are asked about with their names', async () => {
    for (const name of ['elements.js', 'elements.css']) {
      const first = await fetch(`${url}files/-/${name}`)
      const etag = first.headers.get('ETag') ?? ''
      assert.deepEqual([first.status, first.headers.get('Cache-Control')], [200, 'public, no-cache'])
      const again = await fetch(`${url}files/-/${name}`, { headers: { 'If-None-Match': etag } })
      assert.equal(again.status, 304)
    }
  })
})

type Drawn = Record<string, Record<string, string>>

/** What is drawn otherwise, in words. */
function differences(before: Drawn, after: Drawn): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap((name) => {
    const [one = {}, other = {}] = [before[name], after[name]]
    return [...new Set([...Object.keys(one), ...Object.keys(other)])]
      .filter((property) => one[property] !== other[property])
      .map((property) => `${name} ${property}: ${one[property]} → ${other[property]}`)
  })
}

/** Every computed value of what is drawn, by its place. */
function drawnStyles(selector: string): Drawn {
  const drawn: Drawn = {}
  for (const [at, element] of [...document.querySelectorAll(selector)].entries()) {
    for (const pseudo of [null, '::before', '::after', '::backdrop']) {
      const style = getComputedStyle(element, pseudo)
      const values: Record<string, string> = {}
      // A path has neither edges nor size, whatever is said of them.
      const names =
        element.localName === 'path'
          ? ['display', 'd', 'fill', 'stroke', 'stroke-width', 'opacity', 'transform']
          : style
      for (const name of names) if (!name.startsWith('--')) values[name] = style.getPropertyValue(name)
      drawn[`${at} ${element.localName}.${element.getAttribute('class') ?? ''}${pseudo ?? ''}`] = values
    }
  }
  return drawn
}
