import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import type { Stats } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { createLog } from '../../web/log.ts'
import { bytes, collect, inChunks } from '../contract/bodies.ts'
import { storageContract } from '../contract/contract.ts'
import { THIS_PROCESS } from '../process.ts'
import type { Storage, StorageContext } from '../storage.ts'
import { TEMPORARY_FOLDER } from './root.ts'
import { filesystemConfig, filesystemType } from './storage.ts'
import { STRANGERS_LIFE_MS } from './temporary.ts'

const context: StorageContext = { getSecret: async () => undefined, fetch, log: createLog(() => {}) }

async function open(root: string): Promise<Required<Pick<Storage, 'write' | 'delete' | 'list'>> & Storage> {
  const storage = await filesystemType().create({ root }, context)
  assert.ok(storage.write && storage.delete && storage.list)
  return storage as Required<Pick<Storage, 'write' | 'delete' | 'list'>> & Storage
}

storageContract(async () => {
  const root = await mkdtemp(join(tmpdir(), 'holdall-fs-'))
  return {
    storage: await open(root),
    leftovers: async () => await readdir(join(root, TEMPORARY_FOLDER)).catch(() => []),
    remove: () => rm(root, { recursive: true }),
  }
})

describe('filesystem storage', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdall-fs-'))
  })
  after(() => rm(folder, { recursive: true }))

  test('no link leads out, whichever part of the path it is', async () => {
    const root = join(folder, 'links')
    const outside = join(folder, 'outside')
    const storage = await open(root)
    await mkdir(outside)
    await writeFile(join(outside, 'secret.txt'), 'secret')
    await symlink(outside, join(root, 'folder'))
    await mkdir(join(root, 'own'))
    await symlink(join(outside, 'secret.txt'), join(root, 'own', 'link.txt'))
    await symlink('..', join(root, 'own', 'up'))
    for (const path of [
      'folder/secret.txt',
      'own/link.txt',
      'own/up/../outside/secret.txt',
      'own/up/folder/secret.txt',
    ]) {
      assert.equal(await storage.stat(path), undefined, path)
      await assert.rejects(storage.read(path), { code: 'file_missing' }, path)
    }
    await assert.rejects(storage.write('folder/new.txt', inChunks(bytes(1))), { code: 'storage_path_invalid' })
    await storage.delete('folder/secret.txt')
    assert.equal(await readFile(join(outside, 'secret.txt'), 'utf8'), 'secret')
    assert.deepEqual(await readdir(outside), ['secret.txt'])
    assert.deepEqual((await storage.list()).files, [])
    const cursor = Buffer.from('folder/a').toString('base64url')
    assert.deepEqual((await storage.list({ cursor })).files, [])
    // Written over a link, the link is replaced, not what it points to.
    await storage.write('own/link.txt', inChunks(bytes(3)))
    assert.equal((await storage.stat('own/link.txt'))?.size, 3)
    assert.equal(await readFile(join(outside, 'secret.txt'), 'utf8'), 'secret')
  })

  test('a write whose name cannot be made durable leaves nothing', async () => {
    const root = join(folder, 'unflushed')
    const storage = await filesystemType({
      before(call) {
        if (call === 'flush folder') throw new Error('the disk fails')
      },
    }).create({ root }, context)
    await assert.rejects(async () => storage.write?.('a/b.txt', inChunks(bytes(10))), /the disk fails/)
    assert.equal(await storage.stat('a/b.txt'), undefined)
    assert.deepEqual(await readdir(root), [TEMPORARY_FOLDER])
  })

  test('bytes are written once, beside where they stay', async () => {
    const root = join(folder, 'once')
    const storage = await open(root)
    async function* watched() {
      yield* inChunks(bytes(100_000))
      growing = await stat(join(root, TEMPORARY_FOLDER, (await readdir(join(root, TEMPORARY_FOLDER)))[0] as string))
    }
    let growing: Stats | undefined
    await storage.write('a/b', watched())
    assert.equal((await stat(join(root, 'a', 'b'))).ino, growing?.ino)
  })

  test('a disk on which nothing can be created any more is full', async () => {
    const storage = await filesystemType({
      before(call) {
        if (call === 'create temporary file') throw Object.assign(new Error('no inodes'), { code: 'ENOSPC' })
      },
    }).create({ root: join(folder, 'no-inodes') }, context)
    await assert.rejects(async () => storage.write?.('a', inChunks(bytes(10))), { code: 'storage_full' })
  })

  test('the folder of a file that never came is removed with it, one in use is not', async () => {
    const root = join(folder, 'never-came')
    const storage = await open(root)
    await mkdir(join(root, 'died'))
    await storage.delete('died/a.txt')
    await storage.write('used/b.txt', inChunks(bytes(1)))
    await storage.delete('used/a.txt')
    assert.deepEqual((await readdir(root)).sort(), [TEMPORARY_FOLDER, 'used'])
  })

  test('the root itself may be a link', async () => {
    await mkdir(join(folder, 'real'))
    await symlink(join(folder, 'real'), join(folder, 'alias'))
    const storage = await open(join(folder, 'alias'))
    await storage.write('a/b', inChunks(bytes(5)))
    assert.deepEqual(await readdir(join(folder, 'real', 'a')), ['b'])
    assert.equal((await storage.stat('a/b'))?.size, 5)
  })

  test('what is no regular file is no file', async () => {
    const root = join(folder, 'kinds')
    const storage = await open(root)
    await promisify(execFile)('mkfifo', [join(root, 'pipe')])
    await mkdir(join(root, 'folder'))
    for (const path of ['pipe', 'folder']) {
      assert.equal(await storage.stat(path), undefined)
      await assert.rejects(storage.read(path), { code: 'file_missing' })
    }
    assert.deepEqual((await storage.list()).files, [])
  })

  test('the folder of the last file goes with it, the one of others stays', async () => {
    const root = join(folder, 'folders')
    const storage = await open(root)
    for (const path of ['one/a', 'two/a', 'two/b']) await storage.write(path, inChunks(bytes(1)))
    await storage.delete('one/a')
    await storage.delete('two/a')
    assert.deepEqual((await readdir(root)).sort(), [TEMPORARY_FOLDER, 'two'])
    await storage.delete('two/b')
    assert.deepEqual(await readdir(root), [TEMPORARY_FOLDER])
  })

  test('a root that is gone is a failure, not an empty source', async () => {
    const root = join(folder, 'unmounted')
    const storage = await open(root)
    await storage.write('a/b', inChunks(bytes(1)))
    await rename(root, `${root}-away`)
    await assert.rejects(storage.stat('a/b'), { code: 'ENOENT' })
    await assert.rejects(storage.read('a/b'), { code: 'ENOENT' })
    await assert.rejects(storage.list(), { code: 'ENOENT' })
    await assert.rejects(storage.delete('a/b'), { code: 'ENOENT' })
    await assert.rejects(storage.write('a/c', inChunks(bytes(1))), { code: 'ENOENT' })
    await rename(`${root}-away`, root)
    assert.equal((await collect(await storage.read('a/b'))).length, 1)
  })

  test('temporary files of dead processes go at the start, those of the living stay', async () => {
    const root = join(folder, 'sweep')
    const temporary = join(root, TEMPORARY_FOLDER)
    await open(root)
    await mkdir(temporary, { recursive: true })
    const [host] = THIS_PROCESS.split('-')
    const names = {
      dead: `${host}-${2 ** 22 + 1}-1.a`,
      recycled: `${host}-${process.pid}-1.a`,
      own: `${THIS_PROCESS}.a`,
      stranger: 'ffffffff-1-1.a',
      oldStranger: 'ffffffff-1-1.b',
    }
    for (const name of Object.values(names)) await writeFile(join(temporary, name), 'x')
    const old = (Date.now() - STRANGERS_LIFE_MS) / 1_000 - 10
    await utimes(join(temporary, names.oldStranger), old, old)
    await open(root)
    assert.deepEqual((await readdir(temporary)).sort(), [names.own, names.stranger].sort())
  })

  test('the configuration of datasette-files is understood', () => {
    assert.deepEqual(filesystemConfig.parse({ root: '/x', max_file_size: '20971520' }), {
      root: '/x',
      max_file_size: 20_971_520,
    })
    for (const wrong of [
      {},
      { root: '' },
      { root: '/x', max_file_size: 0 },
      { root: '/x', max_file_size: 'big' },
      { root: '/x', other: 1 },
    ]) {
      assert.equal(filesystemConfig.safeParse(wrong).success, false, JSON.stringify(wrong))
    }
  })
})
