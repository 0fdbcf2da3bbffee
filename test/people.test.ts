import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { launchBrowser, lookAt } from './support/browser.ts'
import { type RunningHoldall, runHoldall, startHoldall } from './support/holdall.ts'

// A second person is let in, in a real browser, on an address that is not localhost where there is one: there browsers
// send no Sec-Fetch-Site over plain http, and the Origin of our own forms has to do.
const address =
  Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1'

let folder: string
let holdall: RunningHoldall
let browser: Browser
let url: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdall-people-'))
  const database = new DatabaseSync(join(folder, 'products.db'))
  database.exec("CREATE TABLE inventory (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO inventory VALUES (1, 'jug')")
  database.close()
  const config = join(folder, 'holdall.yaml')
  writeFileSync(config, 'databases:\n  products:\n    permissions:\n      delete-row: { id: alice }\n')
  ;[holdall, browser] = await Promise.all([
    startHoldall({ databases: [join(folder, 'products.db')], config, args: ['--host', '0.0.0.0'] }),
    launchBrowser(),
  ])
  url = `http://${address}:${new URL(holdall.url).port}`
})

after(async () => {
  await browser?.close()
  await holdall?.stop()
  rmSync(folder, { recursive: true })
})

async function signIn(link: string, name: string): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext()
  const page = await context.newPage()
  const { pathname, search } = new URL(link)
  await page.goto(url + pathname + search)
  await page.getByRole('button', { name: `Sign in as ${name}` }).click()
  await page.waitForURL(`${url}/`)
  return { context, page }
}

async function insert(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const answer = await fetch('/products/inventory/-/insert', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ row: { name: 'from bob' } }),
    })
    return answer.status
  })
}

test('bob is invited from the people page, granted a table, and loses it again', async () => {
  const root = await signIn(holdall.signInLink, 'root')
  await root.page.goto(`${url}/-/people`)
  await root.page.getByLabel('Name to sign in with').fill('bob')
  await root.page.getByLabel('Shown as').fill('Bob Berg')
  await root.page.getByLabel('What they may do', { exact: true }).selectOption('view')
  await root.page.getByRole('button', { name: 'Make sign-in link' }).click()
  await root.page.getByText('Choose where: a database').first().waitFor()
  assert.equal(await root.page.getByLabel('Shown as').inputValue(), 'Bob Berg')
  await root.page.getByLabel('What they may do', { exact: true }).selectOption('')
  await root.page.getByRole('button', { name: 'Make sign-in link' }).click()
  await root.page.waitForURL(`${url}/-/people/bob`)
  const link = (await root.page.getByText('/-/sign-in?token=').textContent()) ?? ''
  assert(link.startsWith(url), link)

  const bob = await signIn(link, 'bob')
  // The page of whoever made the link follows by itself, with the buttons that its script shows.
  await root.page.getByText('No link that could still be used.').waitFor()
  await root.page.getByRole('button', { name: /^End: Chrome/ }).waitFor()
  assert.equal(await root.page.getByText('/-/sign-in?token=').count(), 0)
  assert.equal(await insert(bob.page), 403)
  assert.equal((await bob.page.goto(`${url}/-/people`))?.status(), 403)

  await root.page.getByLabel('What they may do', { exact: true }).selectOption('manage')
  await root.page.getByLabel('Where', { exact: true }).selectOption({ label: 'database products' })
  await root.page.getByRole('button', { name: 'Grant', exact: true }).click()
  await root.page.getByText('Set in holdall.yaml, not here: delete rows of products').waitFor()
  assert.equal(await insert(bob.page), 201)

  await root.page.getByRole('button', { name: 'Take back what was granted on database products' }).click()
  await root.page.getByText('Nothing beyond what everybody may: see all databases and tables').waitFor()
  assert.equal(await insert(bob.page), 403)

  await root.page.getByRole('button', { name: /^End: Chrome/ }).click()
  await root.page.getByText('No open session.').waitFor()
  assert.equal((await bob.page.goto(`${url}/-/tokens`))?.status(), 401)
  await Promise.all([root.context.close(), bob.context.close()])
})

test('somebody makes a token, sees it once, and a script uses it until it is revoked', async () => {
  const { stdout } = await runHoldall(['link', 'carol', '--data', holdall.data])
  assert.equal(new URL(stdout).port, new URL(url).port, 'the link leads to the server that runs')
  const { context, page } = await signIn(stdout, 'carol')
  await page.goto(`${url}/-/tokens`)
  await page.getByLabel('Name', { exact: true }).fill('nightly')
  await page.getByRole('button', { name: 'Make token' }).click()
  const token = (await page.getByText(/^hlt_/).textContent()) ?? ''
  const ask = () => fetch(`${url}/-/actor.json`, { headers: { Authorization: `Bearer ${token}` } })
  assert.equal(((await (await ask()).json()) as { actor: { id: string } }).actor.id, 'carol')
  await page.reload()
  assert.equal(await page.getByText(token).count(), 0)
  await page.getByRole('button', { name: 'Revoke nightly' }).click()
  await page.getByText('Token revoked').waitFor()
  assert.equal((await ask()).status, 401)
  await context.close()
})

test('the sign-in page shows the command for this server at its own computer only', async () => {
  const ask = async (from: string) => (await fetch(`${from}/-/sign-in`, { headers: { Accept: 'text/html' } })).text()
  const command = /npx holdall link NAME --data \S+ -c \S+/
  assert.match(await ask(holdall.url), command)
  if (address !== '127.0.0.1') assert.doesNotMatch(await ask(url), /--data/)
})

test('the pages look right in both themes and widths, and axe finds nothing', async () => {
  const { stdout: link } = await runHoldall(['link', 'root', '--data', holdall.data])
  const anonymous = await browser.newContext()
  const { pathname, search } = new URL(link)
  const findings = [
    ...(await lookAt(anonymous, `${url}/-/sign-in`, 'sign-in-help')),
    ...(await lookAt(anonymous, url + pathname + search, 'sign-in')),
    ...(await lookAt(anonymous, `${url}/-/people`, 'sign-in-required')),
  ]
  const { context } = await signIn(link, 'root')
  for (const [path, name] of [
    ['/-/people', 'people'],
    ['/-/people/bob', 'person'],
    ['/-/tokens', 'tokens'],
  ] as const) {
    findings.push(...(await lookAt(context, url + path, name)))
  }
  assert.deepEqual(findings, [])
  await Promise.all([anonymous.close(), context.close()])
})
