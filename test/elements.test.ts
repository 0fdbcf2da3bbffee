import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { answerJson, type Gallery, type Received, startGallery } from 'holdall/testing'
import type { Browser, BrowserContext, CDPSession, Locator, Page } from 'playwright-core'
import { accessibility, CHROMIUM, launchBrowser } from './support/browser.ts'

const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false

let gallery: Gallery
let browser: Browser
let context: BrowserContext
let page: Page
let input: CDPSession
let folder: string
let troubles: string[]

before(async () => {
  if (skip) return
  folder = mkdtempSync(join(tmpdir(), 'holdall-elements-'))
  ;[gallery, browser] = await Promise.all([startGallery(), launchBrowser()])
  context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
})

after(async () => {
  await browser?.close()
  await gallery?.close()
  if (folder) rmSync(folder, { recursive: true })
})

beforeEach(async () => {
  gallery.received.length = 0
  gallery.intercept = null
  troubles = []
  page = await context.newPage()
  page.on('pageerror', (error) => troubles.push(error.message))
  // A refusal by the page's policy is only told to the console.
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) troubles.push(message.text())
  })
  input = await context.newCDPSession(page)
})

afterEach(async () => {
  await page.close()
  assert.deepEqual(troubles, [])
})

function makeFile(name: string, content: string | Uint8Array = `the bytes of ${name}`): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

async function dragTo(
  target: Locator,
  files: string[],
  types: ('dragEnter' | 'dragOver' | 'drop' | 'dragCancel')[],
): Promise<void> {
  await target.scrollIntoViewIfNeeded()
  const box = await target.boundingBox()
  assert.ok(box)
  for (const type of types) {
    await input.send('Input.dispatchDragEvent', {
      type,
      x: box.x + box.width / 2,
      y: box.y + box.height / 2,
      data: { items: [], files, dragOperationsMask: 1 },
    })
  }
}

function drop(target: Locator, ...files: string[]): Promise<void> {
  return dragTo(target, files, ['dragEnter', 'dragOver', 'drop'])
}

async function paste(target: Locator, name: string): Promise<void> {
  await target.focus()
  await target.evaluate((element, filename) => {
    const clipboardData = new DataTransfer()
    clipboardData.items.add(new File(['pasted'], filename, { type: 'image/png' }))
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  }, name)
}

function uploads(): Received[] {
  return gallery.received.filter(({ method, path }) => method === 'POST' && path.startsWith('/-/files/upload/'))
}

function updates(): unknown[] {
  return gallery.received
    .filter(({ path }) => path.endsWith('/-/update'))
    .map(({ body }) => JSON.parse(body.toString('utf8')))
}

/** Fourteen letters of a file's name. */
const NAME_WIDTH = 98

function cellOf(key: string, column: string): Locator {
  return cellIn(page, key, column)
}

function cellIn(shown: Page, key: string, column: string): Locator {
  return shown.locator(`file-cell[row-url$="${key.replaceAll('.', '~2E')}"][column=${column}]`)
}

/** The form has gone and its answer has come: a page that is closed in between keeps the browser waiting. */
async function formSent(): Promise<void> {
  await until(() => gallery.received.some(({ path }) => path === '/row'), 'the form is sent')
  await page.locator('form').first().waitFor({ state: 'detached' })
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let at = 0; at < 100; at += 1) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail(`waited in vain until ${what}`)
}

describe('file-cell', { skip }, () => {
  beforeEach(() => page.goto(`${gallery.url}/table`))

  test('a file dropped onto an empty cell is uploaded, written into the row and shown; Undo takes it back', async () => {
    const cell = cellOf('2009.301.5', 'image')
    await drop(cell, makeFile('lantern.jpg'))
    await cell.getByText('lantern', { exact: false }).first().waitFor()
    await page.getByText('lantern.jpg attached to 2009.301.5').waitFor()
    const [upload] = uploads()
    assert.equal(upload?.path, '/-/files/upload/photos')
    assert.equal(upload?.query.get('filename'), 'lantern.jpg')
    assert.equal(upload?.body.toString(), 'the bytes of lantern.jpg')
    assert.deepEqual(updates(), [{ update: { image: 'df-new-1' }, return: true }])
    assert.match(String(gallery.received.at(-1)?.path), /^\/collection\/objects\/2009~2E301~2E5\/-\/update$/)
    assert.equal(await cell.locator('a[aria-label]').getAttribute('href'), '/museum/-/files/df-new-1')
    await page.getByRole('button', { name: 'Undo' }).click()
    await until(() => updates().length === 2, 'the row is written again')
    assert.deepEqual(updates()[1], { update: { image: null }, return: true })
    await cell.getByText('Add a file').waitFor()
  })

  test('files dropped onto a list are added after what is there, as one write', async () => {
    const cell = cellOf('1998.219.1', 'photos')
    await drop(cell, makeFile('one.png'), makeFile('two.png'))
    await page.getByText('2 files attached').waitFor()
    const [{ update }] = updates() as [{ update: { photos: string[] } }]
    assert.equal(updates().length, 1)
    assert.deepEqual(update.photos.slice(0, 2), ['df-tile', 'df-jug'])
    assert.equal(update.photos.length, 4)
    assert.equal(await cell.locator('.file-strip img').count(), 3)
    await cell.getByText('+1 more').waitFor()
  })

  test('a file of the wrong type is not sent; the cell says what it takes and keeps, and another can be chosen', async () => {
    const cell = cellOf('1998.214.7', 'image')
    const { width } = (await cell.boundingBox()) ?? {}
    await drop(cell, makeFile('inventory.txt'))
    await cell
      .getByText('inventory.txt not attached. image takes images. 1998-214-7_front.jpg is kept.', { exact: true })
      .waitFor()
    assert.equal(uploads().length, 0)
    assert.equal(await cell.getByRole('link', { name: '1998-214-7_front.jpg' }).isVisible(), true)
    assert.equal(await cell.getByRole('button', { name: 'Retry' }).count(), 0)
    assert.equal((await cell.boundingBox())?.width, width)
    assert.deepEqual(await accessibility(page), [])
    const chooser = page.waitForEvent('filechooser')
    await cell.getByRole('button', { name: 'Choose another file' }).click()
    await (await chooser).setFiles(makeFile('second.txt'))
    await cell.getByText('second.txt not attached.', { exact: false }).waitFor()
    await cell.getByRole('button', { name: 'Dismiss' }).click()
    await cell.locator('.cell-problem').waitFor({ state: 'detached' })
    await cell.getByRole('link', { name: '1998-214-7_front.jpg' }).waitFor()
    assert.equal(updates().length, 0)
  })

  test('what the server refuses for the file itself offers no Retry', async () => {
    gallery.intercept = (call, response) => {
      if (!call.path.startsWith('/-/files/upload/')) return false
      const error = 'The file is larger than Photographs takes: at most 10 MB.'
      answerJson(response, 413, { ok: false, error, errors: [], status: 413, code: 'file_too_large' })
      return true
    }
    const cell = cellOf('2009.301.5', 'image')
    await drop(cell, makeFile('huge.jpg'))
    await cell.getByText('at most 10 MB', { exact: false }).waitFor()
    assert.equal(await cell.getByRole('button', { name: 'Retry' }).count(), 0)
    await cell.getByRole('button', { name: 'Choose another file' }).waitFor()
  })

  test('while a file of a wrong type is dragged, no cell that refuses it invites it', async () => {
    const text = makeFile('dragged.txt')
    const filled = cellOf('1998.214.7', 'image')
    await dragTo(filled, [text], ['dragEnter', 'dragOver'])
    await filled.getByText('Takes images').waitFor()
    assert.equal(await page.getByText('Drop to attach').and(page.locator(':visible')).count(), 0)
    assert.equal(await cellOf('2009.301.5', 'image').getByText('or choose').isVisible(), false)
    assert.equal(await cellOf('2009.301.5', 'report').getByText('or choose').isVisible(), true)
    await dragTo(filled, [text], ['dragCancel'])
    await dragTo(filled, [makeFile('dragged.jpg')], ['dragEnter', 'dragOver'])
    await filled.getByText('Drop to attach').waitFor()
  })

  test('what is stored before it could be cancelled is said to be, and not attached', async () => {
    const arrived = Promise.withResolvers<void>()
    gallery.intercept = async (call) => {
      if (call.path.startsWith('/-/files/upload/')) await arrived.promise
      return false
    }
    const cell = cellOf('2009.301.5', 'image')
    await drop(cell, makeFile('quick.jpg'))
    await until(() => uploads().length === 1, 'all of it was sent')
    await cell.getByRole('button', { name: 'Cancel the upload' }).click()
    arrived.resolve()
    await page.getByText('quick.jpg was stored before it could be cancelled. It is not attached.').waitFor()
    assert.equal(updates().length, 0)
    await cell.getByText('or choose').waitFor({ state: 'attached' })
  })

  test('a cell of one file takes none of two, and says so', async () => {
    const cell = cellOf('1998.214.7', 'image')
    await drop(cell, makeFile('first.jpg'), makeFile('second.jpg'))
    await cell.getByText('image takes one file, and these are 2. None was attached.', { exact: false }).waitFor()
    assert.equal(await cell.getByRole('link', { name: '1998-214-7_front.jpg' }).isVisible(), true)
    assert.equal(gallery.received.length, 0)
  })

  test('a filled cell is replaced and emptied by buttons that hover and focus bring, and its column stays', async () => {
    const cell = cellOf('1998.214.7', 'image')
    const left = (): Promise<number | undefined> =>
      cellOf('1998.214.7', 'report')
        .boundingBox()
        .then((box) => box?.x)
    const before = await left()
    assert.equal(await cell.locator('button').count(), 0)
    await cell.hover()
    await cell.getByRole('button', { name: 'Replace 1998-214-7_front.jpg' }).waitFor()
    await page.locator('h1').hover()
    await cell.locator('button').first().waitFor({ state: 'detached' })
    await cell.locator('a[aria-label]').focus()
    await cell.getByRole('button', { name: 'Replace 1998-214-7_front.jpg' }).waitFor()
    const chooser = page.waitForEvent('filechooser')
    await page.keyboard.press('Tab')
    const replace = cell.getByRole('button', { name: 'Replace 1998-214-7_front.jpg' })
    await until(() => replace.evaluate((button) => button === document.activeElement), 'the focus is on it')
    await page.keyboard.press('Enter')
    await (await chooser).setFiles(makeFile('a_far_longer_name_than_any_other_in_this_column.jpg'))
    await page.getByText('attached to 1998.214.7 in place of 1998-214-7_front.jpg').waitFor()
    assert.equal(await left(), before)
    await cell.locator('a[aria-label]').focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByText('a_far_longer_name_than_any_other_in_this_column.jpg detached from 1998.214.7').waitFor()
    assert.deepEqual(updates().at(-1), { update: { image: null }, return: true })
    await until(() => cell.locator('.file-slot').evaluate((slot) => slot === document.activeElement), 'focus stays')
  })

  test('a refused upload shows the server’s words and can be tried again in place', async () => {
    gallery.intercept = (call, response) => {
      if (!call.path.startsWith('/-/files/upload/') || uploads().length > 1) return false
      answerJson(response, 507, {
        ok: false,
        error: 'The storage has no room left for this file.',
        errors: [],
        status: 507,
        code: 'storage_full',
      })
      return true
    }
    const cell = cellOf('2009.301.5', 'image')
    await drop(cell, makeFile('full.jpg'))
    await cell.getByText('no room left', { exact: false }).waitFor()
    await cell.getByRole('button', { name: 'Retry' }).click()
    await page.getByText('full.jpg attached').waitFor()
    assert.equal(uploads().length, 2)
  })

  test('a refused write keeps the row as it was, and only the write is tried again', async () => {
    let refusals = 0
    gallery.intercept = (call, response) => {
      if (!call.path.endsWith('/-/update') || refusals > 0) return false
      refusals += 1
      answerJson(response, 403, {
        ok: false,
        error: 'Permission denied: update-row',
        errors: [],
        status: 403,
        code: 'permission_denied',
      })
      return true
    }
    const cell = cellOf('1998.214.7', 'image')
    await drop(cell, makeFile('other.jpg'))
    await cell.getByText('Permission denied: update-row').waitFor()
    await cell.getByRole('button', { name: 'Retry' }).click()
    await page.getByText('other.jpg attached to 1998.214.7 in place of 1998-214-7_front.jpg').waitFor()
    assert.equal(uploads().length, 1)
  })

  test('cells show themselves as targets while files are dragged; beside them words say where to drop, and a drop does nothing', async () => {
    const cell = cellOf('2009.301.5', 'image')
    const file = makeFile('held.jpg')
    await dragTo(cell, [file], ['dragEnter', 'dragOver'])
    await page.locator('html[data-files-dragged]').waitFor()
    await until(async () => (await cell.getAttribute('held')) === '', 'the cell is held over')
    assert.equal(await cell.locator('span.held').isVisible(), true)
    await dragTo(page.locator('h1'), [file], ['dragOver'])
    await until(async () => (await cell.getAttribute('held')) === null, 'the cell is left')
    await page.getByText('Drop files onto a cell of image, photos or report.').waitFor()
    await dragTo(page.locator('h1'), [file], ['drop'])
    await page.locator('html:not([data-files-dragged])').waitFor()
    assert.equal(gallery.received.length, 0)
    assert.equal(page.url(), `${gallery.url}/table`)
  })

  test('words about where to drop go when a drop succeeds', async () => {
    const file = makeFile('second-try.jpg')
    await dragTo(page.locator('h1'), [file], ['dragEnter', 'dragOver', 'drop'])
    await page.getByText('Drop files onto a cell of').waitFor()
    await drop(cellOf('2009.301.5', 'image'), file)
    await page.getByText('second-try.jpg attached').waitFor()
    assert.equal(await page.getByText('Drop files onto a cell of').count(), 0)
    assert.equal(await page.locator('.toast').count(), 1)
  })

  test('pictures of a strip stand beside each other, inside their cell, in every density and width', async () => {
    for (const [width, touch] of [
      [1280, false],
      [1000, false],
      [360, true],
    ] as const) {
      const other = await browser.newContext({ viewport: { width, height: 800 }, hasTouch: touch, isMobile: touch })
      const seen = await other.newPage()
      await seen.goto(`${gallery.url}/table`)
      for (const density of ['compact', 'default', 'roomy']) {
        await seen.locator('table').evaluate((table, to) => {
          table.classList.remove('compact', 'default', 'roomy')
          table.classList.add(to)
        }, density)
        const faults = await seen.evaluate(() =>
          [...document.querySelectorAll('.file-strip')].flatMap((strip) => {
            const cell = strip.closest('td')?.getBoundingClientRect()
            const boxes = [...strip.children].map((one) => {
              // The picture itself: a link may be narrower than what it holds.
              const parts = [one, ...one.querySelectorAll('img, .type-tile')].map((part) =>
                part.getBoundingClientRect(),
              )
              return {
                left: Math.min(...parts.map(({ left }) => left)),
                right: Math.max(...parts.map(({ right }) => right)),
                top: Math.min(...parts.map(({ top }) => top)),
                bottom: Math.max(...parts.map(({ bottom }) => bottom)),
              }
            })
            return boxes.flatMap((box, at) => {
              const crossed = boxes
                .slice(at + 1)
                .some(
                  (next) =>
                    next.left < box.right && box.left < next.right && next.top < box.bottom && box.top < next.bottom,
                )
              const outside = cell && (box.left < cell.left || box.right > cell.right)
              return crossed || outside ? [`${strip.textContent?.trim()} ${at}: ${JSON.stringify(box)}`] : []
            })
          }),
        )
        assert.deepEqual(faults, [], `${density} at ${width} px`)
      }
      assert.ok((await seen.locator('.file-strip').count()) >= 3)
      await other.close()
    }
  })

  test('Alt and arrows move a picture within its cell, and focus goes with it', async () => {
    const strip = cellOf('1998.214.7', 'photos')
    await strip.locator('a').nth(1).focus()
    await page.keyboard.press('Alt+ArrowUp')
    await page.getByText('1998-214-7_base_mark.jpg is now 1 of 7').waitFor()
    const [{ update }] = updates() as [{ update: { photos: string[] } }]
    assert.deepEqual(update.photos.slice(0, 3), ['df-mark', 'df-side', 'df-detail'])
    assert.equal(
      await page.evaluate(() => document.activeElement?.getAttribute('aria-label')),
      '1998-214-7_base_mark.jpg',
    )
    await page.keyboard.press('Alt+ArrowUp')
    assert.equal(updates().length, 1, 'the first stays the first')
    await page.getByRole('button', { name: 'Undo' }).click()
    await until(() => updates().length === 2, 'the order is put back')
  })

  test('by keyboard: paste attaches, Delete detaches with Undo, Enter on an empty cell chooses', async () => {
    const link = cellOf('1998.214.7', 'image').locator('a[aria-label]')
    await paste(link, 'pasted.png')
    await page.getByText('pasted.png attached to 1998.214.7 in place of 1998-214-7_front.jpg').waitFor()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    const strip = cellOf('1998.219.1', 'photos')
    await strip.locator('a').first().focus()
    await page.keyboard.press('Delete')
    await page.getByText('detached').waitFor()
    assert.deepEqual(updates().at(-1), { update: { photos: ['df-jug'] }, return: true })
    await page.keyboard.press('Control+z')
    await until(() => updates().length === 3, 'the row is written again')
    assert.deepEqual(updates().at(-1), { update: { photos: ['df-tile', 'df-jug'] }, return: true })
    const chooser = page.waitForEvent('filechooser')
    await cellOf('2009.301.5', 'report').locator('.file-slot').focus()
    await page.keyboard.press('Enter')
    await (await chooser).setFiles(makeFile('report.pdf'))
    await page.getByText('report.pdf attached').waitFor()
  })

  test('what "+N more" hid is asked about when it is drawn: a picture, what is gone, and what is not shown', async () => {
    const deleted = { 'df-ship': { state: 'gone' } }
    const lost = { missing_since: '2026-05-03T12:00:00.000Z' }
    const tile = { filename: 'jug.jpg', url: '#jug', thumbnail_url: '/museum/img/df-jug.svg', ...lost }
    gallery.intercept = ({ path }, response) => {
      if (path !== '/-/files/batch.json') return false
      answerJson(response, 200, { ok: true, files: { 'df-jug': tile }, deleted })
      return true
    }
    const strip = cellOf('1998.214.7', 'photos')
    const last = strip.locator('.file-strip > :not(.more)').nth(2)
    for (const words of [null, 'Gone for good', 'Not shown to you']) {
      await strip.locator('a').first().focus()
      const written = updates().length
      await page.keyboard.press('Delete')
      await until(() => updates().length > written, 'the row is written')
      const picture = strip.getByRole('link', { name: 'jug.jpg: Missing since 3 May 2026' })
      if (words === null) await picture.locator('.with-sign > img + .sign > .icon').waitFor()
      else await last.and(strip.locator('.type-tile')).getByText(words, { exact: true }).waitFor()
    }
    const asked = gallery.received.filter(({ path }) => path === '/-/files/batch.json')
    assert.deepEqual(
      asked.map(({ query, body }) => [query.get('deleted'), JSON.parse(body.toString())]),
      [['df-jug'], ['df-ship'], ['df-tile']].map((ids) => ['on', { ids }]),
    )
  })

  test('the cell that the component draws is the one that the server draws', async () => {
    const cell = cellOf('2009.301.5', 'image')
    await drop(cell, makeFile('same.jpg'))
    await page.getByText('same.jpg attached').waitFor()
    const shape = (root: Element): string[] =>
      [...root.querySelectorAll('*')].map((one) => `${one.tagName}.${one.getAttribute('class')}`)
    const drawn = await cell.locator('.file-cell').evaluate(shape)
    const served = await cellOf('2006.003.1', 'image').locator('.file-cell').evaluate(shape)
    assert.deepEqual(drawn, served)
  })
})

describe('file-column-input', { skip }, () => {
  beforeEach(() => page.goto(`${gallery.url}/row`))

  const field = (name: string): Locator => page.locator(`file-column-input[name=${name}]`)
  const storedIn = (name: string): Promise<string | null> =>
    field(name).locator('input[type=hidden]').getAttribute('value')

  test('begins with what the row holds, and one input of that name', async () => {
    assert.equal(await storedIn('photos'), '["df-side","df-mark","df-detail"]')
    assert.equal(await storedIn('image'), 'df-jug')
    assert.equal(await storedIn('report'), '')
    assert.equal(await page.locator('[name=photos]:is(input)').count(), 1)
  })

  test('what has become of a file is said in the field and in the library, as it is in a table', async () => {
    const words = 'Changed 3 May 2026'
    await field('photos').getByText(words).waitFor()
    await field('photos').getByRole('button', { name: 'Pick from library' }).click()
    const dialog = page.getByRole('dialog', { name: 'Pick files for photos' })
    await dialog.locator('.tile', { hasText: '1998-214-7_' }).getByText(words).waitFor()
    await page.goto(`${gallery.url}/table`)
    await page
      .locator('.file-strip a', { has: page.locator('img') })
      .and(page.getByTitle(words))
      .first()
      .waitFor()
  })

  test('files are reordered by button and by Alt and arrows, and focus stays with the file', async () => {
    const photos = field('photos')
    await photos.getByRole('button', { name: 'Move 1998-214-7_side.jpg down' }).click()
    assert.equal(await storedIn('photos'), '["df-mark","df-side","df-detail"]')
    await page.keyboard.press('Alt+ArrowDown')
    assert.equal(await storedIn('photos'), '["df-mark","df-detail","df-side"]')
    const focused = await page.evaluate(() => document.activeElement?.closest('[data-item]')?.getAttribute('data-item'))
    assert.equal(focused, 'df-side')
  })

  test('removing detaches, with a way back', async () => {
    await field('photos').getByRole('button', { name: 'Detach 1998-214-7_base_mark.jpg' }).click()
    assert.equal(await storedIn('photos'), '["df-side","df-detail"]')
    await page.getByText(/^1 change: /).waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    assert.equal(await storedIn('photos'), '["df-side","df-mark","df-detail"]')
  })

  test('a dropped file is uploaded in place and replaces the one before when saved; cancelling brings that back', async () => {
    let finish = (): void => {}
    gallery.intercept = async (call) => {
      if (call.path.startsWith('/-/files/upload/'))
        await new Promise<void>((resolve) => {
          finish = resolve
        })
      return false
    }
    await drop(field('image'), makeFile('relit.jpg'))
    await field('image').getByText('Replaces').waitFor()
    await until(() => uploads().length === 1, 'all of it was sent')
    await field('image').getByRole('button', { name: 'Cancel relit.jpg' }).click()
    assert.equal(await storedIn('image'), 'df-jug')
    gallery.intercept = null
    finish()
    await page.getByText('relit.jpg was stored before it could be cancelled. It is not attached.').waitFor()
    assert.equal(await storedIn('image'), 'df-jug')
    await drop(field('image'), makeFile('relit.jpg'))
    await until(async () => (await storedIn('image'))?.startsWith('df-new-') ?? false, 'the new file is attached')
    await field('image').getByText('Replaces').waitFor()
    await field('image').getByRole('link', { name: '1998-214-7_front.jpg' }).waitFor()
  })

  test('saving waits for an upload and then sends its id', async () => {
    let finish = (): void => {}
    gallery.intercept = async (call) => {
      if (call.path.startsWith('/-/files/upload/'))
        await new Promise<void>((resolve) => {
          finish = resolve
        })
      return false
    }
    await drop(field('report'), makeFile('slow.png'))
    await page.getByText('Saving waits for 1 upload.').waitFor()
    await page.getByRole('button', { name: 'Save row' }).click()
    await page.locator('[data-form-state]', { hasText: 'Saves when 1 upload has ended.' }).waitFor()
    await until(() => uploads().length === 1, 'the upload arrived')
    assert.equal(
      gallery.received.some(({ path }) => path === '/row'),
      false,
    )
    finish()
    await formSent()
    const sent = new URLSearchParams(gallery.received.find(({ path }) => path === '/row')?.body.toString())
    assert.match(sent.get('report') ?? '', /^df-new-\d+$/)
    assert.deepEqual(sent.getAll('photos'), ['["df-side","df-mark","df-detail"]'])
  })

  test('saving does not leave a failed upload out in silence', async () => {
    await drop(field('report'), makeFile('notes.txt'))
    await field('report').getByText('report takes images.', { exact: false }).waitFor()
    await page.keyboard.press('Control+s')
    await page.locator('[data-form-state]', { hasText: 'notes.txt cannot be attached. report takes images.' }).waitFor()
    assert.equal(gallery.received.length, 0)
    await field('report').getByRole('button', { name: 'Clear notes.txt' }).click()
    await page.keyboard.press('Control+s')
    await formSent()
  })

  test('a refused file leaves what the field holds, beside what it takes', async () => {
    await drop(field('image'), makeFile('letter.txt'))
    await field('image').getByText('image takes images. 1998-214-7_front.jpg is kept.').waitFor()
    assert.equal(await storedIn('image'), 'df-jug')
    assert.equal(await field('image').getByRole('link', { name: '1998-214-7_front.jpg' }).isVisible(), true)
    assert.equal(await field('image').getByRole('button', { name: 'Retry' }).count(), 0)
    assert.deepEqual(await accessibility(page), [])
    const chooser = page.waitForEvent('filechooser')
    await field('image').getByRole('button', { name: 'Choose another file' }).click()
    await (await chooser).setFiles(makeFile('portrait.png'))
    await until(async () => (await storedIn('image'))?.startsWith('df-new-') ?? false, 'the other one is attached')
    assert.equal(await field('image').locator('li').count(), 1)
  })

  test('a failed upload leaves what the field holds until Retry brings the new file', async () => {
    let refusals = 0
    gallery.intercept = (call, response) => {
      if (!call.path.startsWith('/-/files/upload/') || refusals > 0) return false
      refusals += 1
      answerJson(response, 507, { ok: false, error: 'No room is left.', errors: [], status: 507, code: 'storage_full' })
      return true
    }
    await drop(field('image'), makeFile('later.jpg'))
    await field('image').getByText('No room is left. 1998-214-7_front.jpg is kept.').waitFor()
    assert.equal(await storedIn('image'), 'df-jug')
    await field('image').getByRole('button', { name: 'Retry later.jpg' }).click()
    await until(async () => (await storedIn('image'))?.startsWith('df-new-') ?? false, 'the new file is attached')
    await field('image').getByText('Replaces').waitFor()
  })

  test('a field of one file takes none of two, and says so', async () => {
    await drop(field('image'), makeFile('one.jpg'), makeFile('two.jpg'))
    await field('image')
      .getByText('image takes one file, and these are 2. None was attached.', { exact: false })
      .waitFor()
    assert.equal(await storedIn('image'), 'df-jug')
    assert.equal(uploads().length, 0)
  })

  test('a field is held with the same words as a cell, and does not invite what it refuses', async () => {
    await dragTo(field('report'), [makeFile('held.jpg')], ['dragEnter', 'dragOver'])
    await field('report').getByText('Drop to attach').waitFor()
    await dragTo(field('report'), [makeFile('held.jpg')], ['dragCancel'])
    await dragTo(field('report'), [makeFile('held.txt')], ['dragEnter', 'dragOver'])
    await field('report').getByText('Takes images').waitFor()
  })

  test('attaching nothing from the library says so', async () => {
    await field('photos').getByRole('button', { name: 'Pick from library' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('1998-214-7_fr').waitFor()
    await dialog.getByRole('button', { name: 'Attach file' }).click()
    await dialog.getByRole('alert').getByText('No file is chosen.', { exact: false }).waitFor()
    await dialog.getByRole('checkbox').first().check()
    assert.equal(await dialog.getByRole('alert').count(), 0)
  })

  test('the foot of the library covers the files that are scrolled under it', async () => {
    await page.setViewportSize({ width: 1280, height: 340 })
    await field('photos').getByRole('button', { name: 'Pick from library' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Show more' }).click()
    await dialog.getByRole('checkbox', { name: 'solveig_starboard.jpg' }).waitFor()
    const covered = await dialog.evaluate((element) => {
      const cancel = [...element.querySelectorAll('button')].find((button) => button.textContent?.trim() === 'Cancel')
      const foot = cancel?.closest('.dialog-foot')
      const faults: string[] = []
      let under = 0
      for (let top = 0; top < element.scrollHeight - element.clientHeight; top += 6) {
        element.scrollTop = top
        const { top: edge } = foot?.getBoundingClientRect() ?? { top: 0 }
        for (const input of element.querySelectorAll('.picker input')) {
          const box = input.getBoundingClientRect()
          const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
          if (y <= edge || y >= element.getBoundingClientRect().bottom) continue
          under += 1
          if (!foot?.contains(document.elementFromPoint(x, y)))
            faults.push(`at ${top}: ${input.getAttribute('aria-label')}`)
        }
        const box = cancel?.getBoundingClientRect()
        const hit = box && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
        if (!cancel?.contains(hit ?? null)) faults.push(`at ${top}: Cancel`)
      }
      return { faults, under }
    })
    await page.setViewportSize({ width: 1280, height: 900 })
    assert.ok(covered.under > 0, 'choices came under the foot')
    assert.deepEqual(covered.faults, [])
  })

  test('files picked from the library are attached; the dialog is complete by keyboard and gives focus back', async () => {
    const opener = field('photos').getByRole('button', { name: 'Pick from library' })
    await opener.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Pick files for photos' })
    await dialog.getByText('1998-214-7_fr').waitFor()
    await dialog.locator('li').first().getByText('In 2 rows').waitFor()
    assert.deepEqual(await accessibility(page), [])
    await dialog.getByRole('button', { name: 'Show more' }).click()
    await dialog.getByRole('checkbox', { name: 'solveig_starboard.jpg' }).waitFor()
    assert.equal(await dialog.getByRole('checkbox', { name: 'condition-2024.pdf' }).isDisabled(), true)
    await dialog.getByRole('searchbox').fill('front')
    await until(async () => (await dialog.getByRole('checkbox').count()) === 1, 'the list is filtered')
    await dialog.getByRole('checkbox').focus()
    await page.keyboard.press('Space')
    await page.keyboard.press('Enter')
    await until(
      async () => (await storedIn('photos')) === '["df-side","df-mark","df-detail","df-jug"]',
      'the file is attached',
    )
    assert.equal(await page.locator('dialog').count(), 0)
    await until(() => opener.evaluate((element) => element === document.activeElement), 'focus is back')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await until(async () => (await page.locator('dialog').count()) === 0, 'the dialog is gone')
  })

  test('nothing under a field moves while a file comes into it, or the first of several', async () => {
    let finish = (): void => {}
    gallery.intercept = async (call) => {
      if (call.path.startsWith('/-/files/upload/'))
        await new Promise<void>((resolve) => {
          finish = resolve
        })
      return false
    }
    const save = page.getByRole('button', { name: 'Save row' })
    for (const width of [1280, 360]) {
      // Tall enough that the bar under the form does not stick to the window's edge.
      await page.setViewportSize({ width, height: 2600 })
      await page.goto(`${gallery.url}/row`)
      for (let left = 3; left > 0; left -= 1)
        await field('photos').getByRole('button', { name: 'Detach' }).first().click()
      const place = async (): Promise<number | undefined> => (await save.boundingBox())?.y
      let before = await place()
      for (const [name, file] of [
        ['report', 'arriving.png'],
        ['image', 'another.png'],
        ['photos', 'first.png'],
        ['photos', 'second.png'],
      ] as const) {
        const arrived = uploads().length
        await drop(field(name), makeFile(file))
        await until(() => uploads().length > arrived, 'the upload runs')
        await field(name)
          .getByRole('button', { name: `Cancel ${file}` })
          .waitFor()
        // A further file of several brings its line when it is added.
        if (file === 'second.png') before = await place()
        assert.equal(await place(), before, `${name} at ${width} px while ${file} comes`)
        finish()
        await field(name).getByRole('link', { name: file }).waitFor()
        assert.equal(await place(), before, `${name} at ${width} px when ${file} is there`)
      }
    }
  })

  test('the button says what becomes of what the field holds', async () => {
    await field('image').getByRole('button', { name: 'Replace image', exact: true }).waitFor()
    await field('photos').getByRole('button', { name: 'Add files to photos', exact: true }).waitFor()
    await field('report').getByRole('button', { name: 'Choose file for report', exact: true }).waitFor()
    await field('image').getByRole('button', { name: 'Detach 1998-214-7_front.jpg' }).click()
    await field('image').getByRole('button', { name: 'Choose file for image', exact: true }).waitFor()
  })

  test('without scripts the form sends the same names, typed', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false })
    const bare = await plain.newPage()
    await bare.goto(`${gallery.url}/row`)
    await bare.getByLabel('photos: file ids, as a JSON list').fill('["df-jug"]')
    await bare.getByRole('button', { name: 'Save row' }).click()
    const sent = new URLSearchParams(gallery.received.find(({ path }) => path === '/row')?.body.toString())
    assert.equal(sent.get('photos'), '["df-jug"]')
    assert.equal(sent.get('image'), 'df-jug')
    await plain.close()
  })
})

describe('file-upload', { skip }, () => {
  beforeEach(() => page.goto(`${gallery.url}/library`))

  test('a queue of files, some refused, with events and figures', async () => {
    await page.evaluate(() => {
      const told: string[] = []
      Object.assign(globalThis, { told })
      for (const type of ['file-uploaded', 'upload-error', 'all-complete']) {
        document.addEventListener(type, (event) =>
          told.push(`${type} ${JSON.stringify((event as CustomEvent).detail.uploaded ?? '')}`),
        )
      }
    })
    await drop(page.locator('file-upload'), makeFile('a.jpg'), makeFile('b.png', new Uint8Array(0)), makeFile('c.txt'))
    await page.getByText('2 of 3').waitFor()
    await page.locator('.why', { hasText: 'takes images.' }).waitFor()
    assert.equal(uploads().length, 2)
    await until(async () => ((await page.evaluate('told')) as string[]).includes('all-complete 2'), 'all is told')
    assert.deepEqual(((await page.evaluate('told')) as string[]).sort(), [
      'all-complete 2',
      'file-uploaded ""',
      'file-uploaded ""',
      'upload-error ""',
    ])
    assert.deepEqual(await accessibility(page), [])
  })

  test('a thousand files are all sent and only some are drawn', async () => {
    await page.locator('file-upload').evaluate((element) => {
      const files = Array.from({ length: 1000 }, (_, at) => new File([String(at)], `${at}.png`, { type: 'image/png' }))
      ;(element as unknown as { add(files: File[]): void }).add(files)
    })
    await until(() => uploads().length > 50, 'uploads run')
    assert.ok((await page.locator('file-upload li').count()) <= 60)
    await page.getByRole('button', { name: 'Cancel all' }).click()
    const sent = uploads().length
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.ok(uploads().length <= sent + 3)
    // What was on its way is stored, and said to be; what is said to be cancelled is not.
    const said = /^(\d+) of 1,000 done · (\d+) cancelled$/
    const sum = page.locator('.overall p > span').first()
    await until(
      async () => Number(said.exec(((await sum.textContent()) ?? '').trim())?.[1]) === uploads().length,
      'all is counted',
    )
    assert.equal(Number(said.exec(((await sum.textContent()) ?? '').trim())?.[2]), 1000 - uploads().length)
    assert.equal(await page.locator('.overall progress.done').count(), 0)
    await page.locator('.cancelled summary').click()
    await page
      .locator('.cancelled p', { hasText: '999.png' })
      .or(page.locator('.cancelled p', { hasText: ' more' }))
      .waitFor()
    await page.getByRole('button', { name: 'Send them again' }).click()
    await until(() => uploads().length > sent + 3, 'they are sent')
    await page.getByRole('button', { name: 'Cancel all' }).click()
    await page.getByRole('button', { name: 'Clear list' }).click()
    await page.getByText('Drop or paste files here').waitFor()
  })

  test('an upload says how far it is and can be cancelled; the header counts it', async () => {
    gallery.intercept = () => new Promise(() => {})
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Choose files' }).click()
    await (await chooser).setFiles(makeFile('big.png', new Uint8Array(2_000_000)))
    await page.locator('[data-running-uploads]', { hasText: '1 upload' }).waitFor()
    await page.locator('progress[aria-label="big.png"]').waitFor()
    await page.getByRole('button', { name: 'Cancel big.png' }).click()
    await page.getByText('Drop or paste files here').waitFor()
    assert.equal(await page.locator('[data-running-uploads]').isVisible(), false)
  })
})

describe('the pages’ own behaviours', { skip }, () => {
  test('menus close on Esc and give focus back, and arrows move in them', async () => {
    await page.goto(`${gallery.url}/table`)
    const opener = page.locator('summary', { hasText: 'Table actions' })
    await opener.focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('ArrowDown')
    assert.match((await page.evaluate(() => document.activeElement?.textContent)) ?? '', /^Configure file columns/)
    await page.keyboard.press('Escape')
    assert.equal(await page.locator('details.menu[open]').count(), 0)
    assert.equal(await opener.evaluate((element) => element === document.activeElement), true)
    await opener.click()
    await page.locator('h1').click()
    assert.equal(await page.locator('details.menu[open]').count(), 0)
  })

  test('a form asks before what was not saved is left, and not when it is untouched, saved or discarded', async () => {
    const asked: string[] = []
    let stay = true
    page.on('dialog', (dialog) => {
      asked.push(dialog.type())
      ;(stay ? dialog.dismiss() : dialog.accept()).catch(() => {})
    })
    const leave = (): Promise<void> =>
      page.getByRole('link', { name: 'Files', exact: true }).first().click({ noWaitAfter: true })
    await page.goto(`${gallery.url}/row`)
    const title = page.getByLabel('title')
    await title.evaluate((input) => input.closest('form')?.querySelector('[data-error-summary]')?.remove())
    await title.click()
    await leave()
    await page.waitForURL((url) => !url.pathname.endsWith('/row'))
    assert.deepEqual(asked, [], 'nothing was changed')

    await page.goto(`${gallery.url}/row`)
    await title.fill('Another title')
    await leave()
    await until(() => asked.length === 1, 'the question')
    assert.deepEqual(asked, ['beforeunload'])
    assert.equal(await title.inputValue(), 'Another title')
    await page.getByRole('button', { name: 'Save row' }).click()
    await formSent()
    assert.equal(asked.length, 1, 'saving is not leaving')

    await page.goto(`${gallery.url}/row`)
    await page.getByRole('button', { name: 'Detach 1998-214-7_front.jpg' }).click()
    await leave()
    await until(() => asked.length === 2, 'the question for a detached file')
    await page.getByRole('link', { name: 'Discard changes' }).click()
    assert.equal(asked.length, 2, 'discarding is the answer')
    stay = false
  })

  test('a file that is dropped on a page without a place for it does not take the page away', async () => {
    await page.goto(`${gallery.url}/file`)
    await dragTo(page.locator('h1'), [makeFile('stray.jpg')], ['dragEnter', 'dragOver'])
    await page.getByText('This page takes no files.', { exact: false }).waitFor()
    await dragTo(page.locator('h1'), [makeFile('stray.jpg')], ['drop'])
    assert.equal(page.url(), `${gallery.url}/file`)
  })

  test('what a form was refused for is no longer marked once it is corrected, and again when that is undone', async () => {
    await page.goto(`${gallery.url}/row`)
    const year = page.getByLabel('year_made')
    assert.equal(await year.getAttribute('aria-invalid'), 'true')
    await year.fill('1862')
    assert.equal(await year.getAttribute('aria-invalid'), null)
    assert.equal(await page.locator('.form-row.wrong').count(), 0)
    assert.equal(await page.locator('#field-year_made-error, .field-error').first().isVisible(), false)
    await year.fill('c. 1862')
    assert.equal(await year.getAttribute('aria-invalid'), 'true')
    assert.equal(await page.locator('.form-row.wrong').count(), 1)
  })

  test('a picture has its place before it is there', async () => {
    let show = (): void => {}
    await page.route('**/img/wide.svg', async (route) => {
      await new Promise<void>((resolve) => {
        show = resolve
      })
      await route.continue()
    })
    await page.goto(`${gallery.url}/file`, { waitUntil: 'commit' })
    const preview = page.locator('.preview')
    await preview.waitFor()
    // Asked for before it has a look, it has the height of its words.
    await page.waitForFunction(() => document.styleSheets.length > 0)
    const waiting = await preview.boundingBox()
    assert.ok((waiting?.height ?? 0) > 300, `${waiting?.height} px are kept`)
    show()
    await until(
      () => preview.locator('img').evaluate((img) => (img as HTMLImageElement).naturalWidth > 0),
      'it is drawn',
    )
    assert.deepEqual(await preview.boundingBox(), waiting)
  })

  test('a toast is closed at its right edge, by a finger too, and leaves Save free', async () => {
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 740 })
      await page.goto(`${gallery.url}/states`)
      const toast = page.locator('.toast')
      const bar = await toast.boundingBox()
      const close = await toast.getByRole('button', { name: 'Dismiss' }).boundingBox()
      assert.ok(bar && close && bar.x + bar.width - close.x - close.width < 10, `${width} px: not at the edge`)
      if (width === 360) assert.ok(close.width >= 44 && close.height >= 44, `${close.width} × ${close.height}`)
      await page.goto(`${gallery.url}/row`)
      await page.getByRole('button', { name: 'Detach 1998-214-7_front.jpg' }).click()
      const over = await toast.boundingBox()
      const save = await page.locator('.save-bar').boundingBox()
      assert.ok(over && save && over.y + over.height <= save.y, `${width} px: the toast is over the bar`)
    }
  })

  test('a toast lies over nothing that is pressed: in the header, or above room that is made for it', async () => {
    const covered = () =>
      page.evaluate(() => {
        const shown = [...document.querySelectorAll('.toast')].map((one) => one.getBoundingClientRect())
        const header = document.querySelector('.site-header')?.getBoundingClientRect().bottom ?? 0
        const pressed = [...document.querySelectorAll('a, button, input, select, textarea, summary, label')]
        const bar = document.querySelector('.save-bar')?.getBoundingClientRect()
        return pressed.flatMap((one) => {
          const { left, right, top, bottom } = one.getBoundingClientRect()
          if (one.closest('.toasts') || !(one as HTMLElement).checkVisibility({ visibilityProperty: true })) return []
          // What has been scrolled away under the bar that saves, or under the header, is not pressed there.
          if ((bar && !one.closest('.save-bar') && bottom > bar.top && top < bar.bottom) || right <= left) return []
          const from = one.closest('.site-header') ? top : Math.max(top, header)
          const over = shown.find(
            (box) => box.left < right && box.right > left && box.top < bottom && box.bottom > from,
          )
          return over ? [`${one.tagName} ${one.textContent?.trim() || one.getAttribute('aria-label')}`] : []
        })
      })
    const goTo = (at: 'top' | 'middle' | 'end') =>
      page.evaluate((where) => {
        const { scrollHeight, clientHeight } = document.documentElement
        const rest = scrollHeight - clientHeight
        scrollTo({ top: { top: 0, middle: rest / 2, end: rest }[where], behavior: 'instant' })
      }, at)
    for (const [width, places] of [
      [1280, ['top', 'middle', 'end']],
      [1080, ['top', 'middle', 'end']],
      [900, ['end']],
      [360, ['end']],
    ] as const) {
      await page.setViewportSize({ width, height: 740 })
      for (const name of ['states', 'table', 'row']) {
        await page.goto(`${gallery.url}/${name}`)
        if (name === 'table') {
          await goTo('end')
          await drop(cellOf('2009.301.5', 'image'), makeFile('one.jpg'))
          await page.getByText('one.jpg attached').waitFor()
          await drop(cellOf('2009.301.5', 'report'), makeFile('two.pdf'))
          await page.getByText('two.pdf attached').waitFor()
          assert.deepEqual(await covered(), [], `${width} px: whoever is at the end stays there`)
        }
        if (name === 'row') await page.getByRole('button', { name: 'Detach 1998-214-7_front.jpg' }).click()
        await page.locator('.toast:visible').first().waitFor()
        for (const place of places) {
          await goTo(place)
          assert.deepEqual(await covered(), [], `${width} px: ${name}, at its ${place}`)
        }
      }
    }
  })

  test('of two toasts the last is seen where there is room for one, and the one before it comes back', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    await page.goto(`${gallery.url}/table`)
    for (const name of ['one.jpg', 'two.jpg']) {
      await drop(cellOf('2009.301.5', 'photos'), makeFile(name))
      await page.getByText(`${name} attached`).waitFor()
    }
    assert.deepEqual(await page.locator('.toast:visible > span').allInnerTexts(), ['two.jpg attached to 2009.301.5'])
    const words = page.locator('.toast:visible > span')
    await page.setViewportSize({ width: 1440, height: 740 })
    assert.equal(await words.count(), 1)
    await page.setViewportSize({ width: 1700, height: 740 })
    assert.equal(await words.count(), 2)
    assert.equal(await words.last().getAttribute('title'), 'two.jpg attached to 2009.301.5')
    await words.last().evaluate((one) => one.append(', and more that has to be said of it'.repeat(4)))
    const isCut = (one: Element) => one.scrollHeight > one.clientHeight + 1
    assert.equal(await words.first().evaluate(isCut), false, 'a short one beside it keeps all its words')
    await page.setViewportSize({ width: 360, height: 740 })
    await page.locator('.toast:visible').getByRole('button', { name: 'Dismiss' }).click()
    assert.deepEqual(await page.locator('.toast:visible > span').allInnerTexts(), ['one.jpg attached to 2009.301.5'])
  })

  test('keys are not taught where there are none, and buttons of one line stay so', async () => {
    const phone = await browser.newContext({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true })
    const touched = await phone.newPage()
    await touched.goto(`${gallery.url}/row`)
    assert.equal(await touched.getByRole('heading', { name: 'Keyboard shortcuts' }).isVisible(), false)
    const line = touched.locator('file-column-input[name=image] li')
    const name = await line.locator('.file-text').boundingBox()
    const cross = await line.getByRole('button', { name: 'Detach' }).boundingBox()
    assert.ok(name && cross && cross.x >= name.x + name.width, 'the cross stands beside the name')
    await touched.goto(`${gallery.url}/library`)
    await touched.locator('file-upload .touch-words').first().waitFor()
    assert.equal(
      await touched
        .getByText(/^Drop /)
        .first()
        .isVisible(),
      false,
      'fingers drop nothing',
    )
    await touched.goto(`${gallery.url}/table`)
    for (const width of [360, 1280]) {
      await touched.setViewportSize({ width, height: 740 })
      const tool = touched.getByRole('button', { name: 'Replace 1998-214-7_front.jpg' })
      assert.equal(await tool.isVisible(), true)
      const text = await cellIn(touched, '1998.214.7', 'image').locator('.file-name').first().boundingBox()
      const button = await tool.boundingBox()
      assert.ok(text && text.width >= NAME_WIDTH, `${width}: the name has ${text?.width} px`)
      assert.ok(button && button.x >= text.x + text.width, `${width}: the tools stand beside the name`)
    }
    // A finger may have meant what is beside the cross; and what it did can be taken back for a while.
    await touched.clock.install()
    await touched.goto(`${gallery.url}/table`)
    const pressed = cellIn(touched, '1998.214.7', 'image')
    await pressed.getByRole('button', { name: 'Detach' }).tap()
    await pressed.getByText('Detach 1998-214-7_front.jpg?').waitFor()
    await pressed.getByRole('button', { name: 'Keep' }).tap()
    assert.equal(updates().length, 0, 'nothing goes that was not answered')
    await pressed.getByRole('button', { name: 'Detach' }).tap()
    await pressed.getByRole('button', { name: 'Detach', exact: true }).tap()
    const undo = touched.getByRole('button', { name: 'Undo' })
    await undo.waitFor()
    await touched.clock.fastForward(25_000)
    assert.equal(await undo.isVisible(), true, 'a way back stays')
    await touched.clock.fastForward(10_000)
    await undo.waitFor({ state: 'detached' })
    await touched.goto(`${gallery.url}/file`)
    const copy = await touched.getByRole('button', { name: 'Copy link' }).boundingBox()
    assert.ok(copy && copy.height < 50, `${copy?.height} px`)
    await phone.close()
    await page.goto(`${gallery.url}/row`)
    assert.equal(await page.getByRole('heading', { name: 'Keyboard shortcuts' }).isVisible(), true)
  })

  test('? lists the keys of the page; single keys can be switched off there, for good, and are silent in fields', async () => {
    await page.goto(`${gallery.url}/table`)
    const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    const link = cellOf('1998.214.7', 'image').locator('a[aria-label]')
    await link.focus()
    await page.keyboard.press('?')
    await dialog.waitFor()
    assert.deepEqual(await accessibility(page), [])
    await dialog.getByText('Paste a file').waitFor()
    assert.equal(await dialog.getByText('This form').count(), 0, 'there is no form here')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    assert.equal(await link.evaluate((one) => one === document.activeElement), true, 'focus is back')

    await page.locator('input[name=_search]').focus()
    await page.keyboard.type('why?')
    assert.equal(await page.locator('input[name=_search]').inputValue(), 'why?')
    assert.equal(await dialog.count(), 0)

    const opener = page.getByRole('button', { name: 'Keyboard shortcuts' })
    await opener.click()
    await dialog.getByRole('checkbox', { name: 'Single keys' }).uncheck()
    await dialog.getByRole('button', { name: 'Close' }).click()
    for (const reload of [false, true]) {
      if (reload) await page.reload()
      await page.locator('h1').click()
      await page.keyboard.press('/')
      await page.keyboard.press('?')
      assert.equal(await dialog.count(), 0)
      assert.equal(await page.evaluate(() => document.activeElement?.matches('input')), false)
    }
    await page.goto(`${gallery.url}/row`)
    await opener.click()
    await dialog.getByText('This form').waitFor()
    await dialog.getByRole('checkbox', { name: 'Single keys' }).check()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await page.keyboard.press('?')
    await dialog.waitFor()
  })

  test('/ goes to the search and is a letter inside it', async () => {
    await page.goto(`${gallery.url}/table`)
    await page.keyboard.press('/')
    await page.keyboard.type('a/b')
    assert.equal(await page.locator('input[name=_search]').inputValue(), 'a/b')
  })

  test('the theme changes at once and is told to the server; without scripts the form tells it', async () => {
    await page.goto(`${gallery.url}/parts`)
    await page.getByRole('button', { name: 'Dark' }).click()
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark')
    await until(() => gallery.received.length === 1, 'the server is told')
    assert.equal(gallery.received[0]?.body.toString(), '{"theme":"dark"}')
    const plain = await browser.newContext({ javaScriptEnabled: false })
    const bare = await plain.newPage()
    await bare.goto(`${gallery.url}/parts`)
    await bare.getByRole('button', { name: 'Light' }).click()
    assert.equal(gallery.received[1]?.body.toString(), 'return=%2Fparts&theme=light')
    await plain.close()
  })

  test('text twice as large does not make the page scroll sideways', async () => {
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 })
      for (const name of ['table', 'row', 'file', 'states', 'library']) {
        await page.goto(`${gallery.url}/${name}`)
        await page.evaluate(() => {
          document.documentElement.style.fontSize = '200%'
        })
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        const wide = await page.evaluate(() =>
          [...document.querySelectorAll('body *')]
            .filter(
              (one) =>
                one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.table-scroll, .sprite, .unseen'),
            )
            .map((one) => `${one.tagName}.${one.className}`)
            .slice(0, 6),
        )
        assert.ok(overflow <= 0, `${wide} ${name} at ${width} px scrolls sideways by ${overflow} px`)
      }
    }
  })
})
