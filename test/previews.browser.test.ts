import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pdfOf, wavOf } from 'holdall/testing'
import { parquetWriteBuffer } from 'hyparquet-writer'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import sharp from 'sharp'
import { CHROMIUM, launchBrowser, lookAt } from './support/browser.ts'
import { createToken, type RunningHoldall, startHoldall } from './support/holdall.ts'
import { photograph } from './support/photograph.ts'

const READ_LIMIT_MS = 60_000

let folder: string
let holdall: RunningHoldall
let browser: Browser
let context: BrowserContext
let page: Page
let authorization: string
const troubles: string[] = []

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false

describe('previews in a browser', { skip }, () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-previews-'))
    ;[holdall, browser] = await Promise.all([startHoldall({ data: join(folder, 'data') }), launchBrowser(CHROMIUM)])
    authorization = `Bearer ${await createToken(holdall.data, 'root')}`
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
    page = await context.newPage()
    page.on('pageerror', (error) => troubles.push(error.message))
    page.on('dialog', (dialog) => {
      troubles.push(`dialog: ${dialog.message()}`)
      dialog.dismiss()
    })
    await page.goto(holdall.signInLink)
    await page.getByRole('button', { name: 'Sign in as root' }).click()
    await page.waitForURL(`${holdall.url}/`)
  })

  after(async () => {
    await browser?.close()
    await holdall?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function put(bytes: string | Uint8Array, filename: string): Promise<string> {
    const answer = await fetch(`${holdall.url}/-/files/upload/files?filename=${encodeURIComponent(filename)}`, {
      method: 'POST',
      headers: { Authorization: authorization },
      body: bytes as BodyInit,
    })
    assert.equal(answer.status, 201)
    const { file_id: id } = (await answer.json()) as { file_id: string }
    return `${holdall.url}/-/files/${id}`
  }

  /** What the page shows when it stands, in all four looks. */
  async function looks(url: string, name: string): Promise<void> {
    assert.deepEqual(await lookAt(context, url, `preview-${name}`), [])
  }

  test('a photograph is shown whole, and says that it is here already', async () => {
    const bytes = await photograph(7, 1_500, 1_000)
    await put(bytes, 'quay-first.jpg')
    const url = await put(bytes, 'quay.jpg')
    await page.goto(url)
    const picture = page.locator('.preview img')
    await picture.waitFor()
    assert.equal(await picture.evaluate((img: HTMLImageElement) => img.decode().then(() => img.naturalWidth)), 1_500)
    await page.getByRole('heading', { name: 'Same file is already here: 1' }).waitFor()
    await page.getByRole('link', { name: 'quay-first.jpg' }).waitFor()
    await looks(url, 'picture')
  })

  test('of a photograph that is cut off there is what there is of it, and the words for that', async () => {
    const bytes = await photograph(8, 1_500, 1_000)
    const url = await put(bytes.subarray(0, Math.floor(bytes.length * 0.6)), 'harbour-cut.jpg')
    for (const until = Date.now() + READ_LIMIT_MS; ; await sleep(200)) {
      const answer = await fetch(`${url}.json`, { headers: { Authorization: authorization } })
      if (((await answer.json()) as { unreadable: string | null }).unreadable === 'cut_off') break
      assert.ok(Date.now() < until, 'it is read to its end')
    }
    await page.goto(url)
    const picture = page.locator('.preview img')
    await picture.waitFor()
    assert.equal(await picture.evaluate((img: HTMLImageElement) => img.decode().then(() => img.naturalWidth)), 1_500)
    await page.getByText('This picture is cut off: its end is missing. All that there is of it is shown.').waitFor()
    await looks(url, 'cut-off')
  })

  test('an upload whose bytes are here already says so, and where', async () => {
    await put('the very same words', 'first.txt')
    await page.goto(`${holdall.url}/-/files/upload/files`)
    const chosen = page.waitForEvent('filechooser')
    await page
      .locator('file-upload')
      .getByRole('button', { name: /choose/i })
      .first()
      .click()
    const files = { name: 'second.txt', mimeType: 'text/plain', buffer: Buffer.from('the very same words') }
    await (await chosen).setFiles(files)
    await page.getByText('The same file is here already: first.txt').waitFor()
    await page.getByRole('link', { name: 'first.txt' }).click()
    await page.getByRole('heading', { level: 1, name: 'first.txt' }).waitFor()
  })

  test('a PDF is shown by the browser within the page, and found by a word on its page 40', async (t) => {
    const pages = Array.from({ length: 60 }, (_, at) =>
      at === 39 ? 'the zanzibar ledger' : `page ${at + 1} of the log`,
    )
    const url = await put(pdfOf(pages), 'ledger.pdf')
    await page.goto(url)
    await until(
      () => page.frames().some((frame) => frame.url().startsWith('chrome-extension://')),
      'the viewer of the browser opens',
    )
    // Paper is white, and the viewer around it dark: so it is seen that a page is drawn. Of some fifty runs on a busy
    // machine one never came to that, and it is not known why: then it is opened again, and that is told.
    let opened = performance.now()
    await until(async () => {
      const { channels } = await sharp(await page.locator('iframe').screenshot()).stats()
      if (channels[0]?.max === 255 && channels[0].mean > 100) return true
      if (performance.now() - opened > READ_LIMIT_MS / 3) {
        t.diagnostic('the viewer of the browser stayed dark and was opened again')
        await page.reload()
        opened = performance.now()
      }
      return false
    }, 'the first page is drawn')
    const id = url.slice(url.lastIndexOf('/') + 1)
    await until(async () => {
      const answer = await fetch(`${holdall.url}/-/files/search.json?q=zanzibar`, {
        headers: { Authorization: authorization },
      })
      const { files } = (await answer.json()) as { files: { id: string }[] }
      return files[0]?.id === id
    }, 'the words of the document are found')
    await page.reload()
    await page.getByText('PDF document, 60 pages').waitFor()
    await looks(url, 'pdf')
  })

  test('sound and video play from any place, by ranges', async () => {
    const sound = await put(wavOf(20), 'bells.wav')
    await page.goto(sound)
    await page.getByText('0:20', { exact: true }).waitFor()
    assert.equal(Math.round(await playFrom(page.locator('audio'), 15)), 20)
    await looks(sound, 'audio')
    const video = await put(Buffer.from(await record(page), 'base64'), 'harbour.webm')
    const answered: number[] = []
    page.on('response', (response) => {
      if (response.url().includes('inline=1')) answered.push(response.status())
    })
    await page.goto(video)
    await playFrom(page.locator('video'), 0)
    assert.deepEqual(
      await page.locator('video').evaluate((player: HTMLVideoElement) => [player.videoWidth, player.videoHeight]),
      [320, 180],
    )
    await page.getByText('320 × 180 px').waitFor()
    assert.ok(answered.includes(206), `${answered}`)
    await looks(video, 'video')
  })

  test('texts, tables, JSON and Parquet are read on the page', async () => {
    const csv = `maker;founded;town\n${Array.from({ length: 80 }, (_, at) => `"Lind & Söner; No. ${at}";${1_800 + at};Norrvik`).join('\n')}\n`
    const parquet = parquetWriteBuffer({
      columnData: [
        { name: 'id', data: Array.from({ length: 500 }, (_, at) => BigInt(at)), type: 'INT64' },
        {
          name: 'vessel',
          data: Array.from({ length: 500 }, (_, at) => (at % 5 === 4 ? null : `Solveig ${at}`)),
          type: 'STRING',
        },
        { name: 'built', data: Array.from({ length: 500 }, () => new Date(0)), type: 'TIMESTAMP' },
      ],
    })
    for (const [bytes, filename, kind, words] of [
      [
        'The east quay at high water,\nlooking towards St Olaf’s.\n',
        'notes.txt',
        'text',
        'The east quay at high water',
      ],
      [csv, 'makers.csv', 'csv', 'Lind & Söner; No. 0'],
      ['{"quay":{"name":"East","berths":[1,2,3]},"open":true}', 'quay.json', 'json', '"berths": ['],
      [new Uint8Array(parquet), 'vessels.parquet', 'parquet', 'Solveig 3'],
      [Buffer.from('PAR1 nothing of the kind PAR1'), 'broken.parquet', 'parquet-broken', 'Not a Parquet file'],
    ] as const) {
      const url = await put(bytes, filename)
      await page.goto(url)
      await page.locator('.preview').getByText(words).first().waitFor()
      await looks(url, kind)
    }
  })

  test('what could run does not, and is read as what it is written in', async () => {
    for (const [bytes, filename] of [
      ['<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>', 'drawing.svg'],
      ['<html><body onload="alert(1)"><script>alert(2)</script>', 'page.html'],
      ['name,value\n"<script>alert(1)</script>",1\n"<img src=x onerror=alert(2)>",2\nx,3\n', 'cells.csv'],
      ['{"</script><script>alert(1)</script>": 1}', 'keys.json'],
    ] as const) {
      await page.goto(await put(bytes, filename))
      await page.locator('.preview').getByText('alert(').first().waitFor()
    }
    await sleep(300)
    assert.deepEqual(troubles, [])
  })

  test('a page without scripts shows the same', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() })
    const reader = await plain.newPage()
    await reader.goto(await put('a;b\n1;2\n3;4\n5;6\n', 'plain.csv'))
    await reader.getByRole('columnheader', { name: 'b' }).waitFor()
    await reader.goto(await put('{"without": "scripts"}', 'plain.json'))
    await reader.getByText('"without": "scripts"').waitFor()
    await plain.close()
  })
})

/** @returns how long it is, in seconds */
async function playFrom(player: ReturnType<Page['locator']>, seconds: number): Promise<number> {
  return await player.evaluate(async (media: HTMLMediaElement, from) => {
    media.muted = true
    media.currentTime = from
    await media.play()
    await new Promise((resolve) => media.addEventListener('timeupdate', resolve, { once: true }))
    if (media.error !== null) throw new Error(media.error.message)
    return media.duration
  }, seconds)
}

/** A short film that the browser itself makes. */
async function record(page: Page): Promise<string> {
  return await page.evaluate(async () => {
    const canvas = document.createElement('canvas')
    canvas.width = 320
    canvas.height = 180
    const draw = canvas.getContext('2d')
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm;codecs=vp8' })
    const chunks: Blob[] = []
    recorder.ondataavailable = ({ data }) => chunks.push(data)
    const stopped = new Promise((resolve) => {
      recorder.onstop = resolve
    })
    recorder.start()
    for (let frame = 0; frame < 40; frame += 1) {
      if (draw) {
        draw.fillStyle = `hsl(${frame * 9} 60% 40%)`
        draw.fillRect(0, 0, 320, 180)
      }
      await new Promise((resolve) => setTimeout(resolve, 40))
    }
    recorder.stop()
    await stopped
    const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer())
    let text = ''
    for (const byte of bytes) text += String.fromCharCode(byte)
    return btoa(text)
  })
}

async function until<Value>(look: () => Value | Promise<Value>, what: string): Promise<Value> {
  for (const began = performance.now(); performance.now() - began < READ_LIMIT_MS; ) {
    const found = await look()
    if (found) return found
    await sleep(100)
  }
  throw new Error(`It did not happen that ${what}`)
}
