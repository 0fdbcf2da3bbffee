import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Hono } from 'hono'
import type { Permissions } from '../access/permissions.ts'
import { loadConfig } from '../config/config.ts'
import { openInternalDatabase } from '../database/internal.ts'
import { createLog } from '../web/log.ts'
import type { RouteEnv } from '../web/route.ts'
import { filesystemType } from './filesystem/storage.ts'
import { sourceRoutes } from './routes.ts'
import { createSources } from './sources.ts'

test('sources.json names what the actor may browse or upload to, and nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdall-sources-'))
  const database = await openInternalDatabase(join(folder, 'internal.db'))
  const source = { storage: 'filesystem', config: { root: 'x' } }
  const sources = await createSources({
    database,
    config: loadConfig({
      env: {},
      cwd: folder,
      overrides: { sources: { a: { ...source, max_file_size: 5, accept: 'image/*' }, b: source, c: source } },
    }).config,
    types: [filesystemType()],
    getSecret: async () => undefined,
    dataDirectory: folder,
    log: createLog(() => {}),
  })
  const grants: Readonly<Record<string, readonly string[]>> = { 'files-browse': ['a'], 'files-upload': ['b'] }
  const permissions: Permissions = {
    allowed: async () => false,
    demand: async () => {},
    among: async (_actor, action, resources) =>
      resources.filter(({ parent }) => grants[action]?.includes(parent as string)),
  }
  const [route] = sourceRoutes(sources, permissions)
  assert.ok(route)
  const app = new Hono<RouteEnv>().get(route.path, (c) => route.handler(c))
  const body = await (await app.request('/-/files/sources')).json()
  assert.equal(body.ok, true)
  assert.deepEqual(
    body.sources.map((one: { slug: string; can_browse: boolean; can_upload: boolean }) => [
      one.slug,
      one.can_browse,
      one.can_upload,
    ]),
    [
      ['a', true, false],
      ['b', false, true],
    ],
  )
  assert.deepEqual(body.sources[0].accept, ['image/*'])
  assert.deepEqual(body.sources[0].capabilities, {
    can_upload: true,
    can_delete: true,
    can_list: true,
    can_generate_signed_urls: false,
    can_generate_thumbnails: false,
    requires_proxy_download: true,
    max_file_size: 5,
  })
  assert.doesNotMatch(JSON.stringify(body), new RegExp(folder))
  await sources.close()
  await database.close()
  await rm(folder, { recursive: true })
})
