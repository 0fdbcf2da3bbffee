import { constants } from 'node:fs'
import { copyFile, link, open, unlink } from 'node:fs/promises'
import { HoldallError } from '../../web/error.ts'
import type { CallOptions } from '../storage.ts'
import { type BeforeIo, codeOf, explain, isAbsent } from './io.ts'
import { publish } from './publish.ts'
import type { Root } from './root.ts'
import { inTemporaryFolder, temporaryName } from './temporary.ts'

/** Another name for the same bytes, where the file system has such a thing, else a copy: all of it or nothing, durable. */
export async function copyWithin(
  root: Root,
  from: string,
  to: string,
  { signal }: CallOptions,
  before: BeforeIo,
): Promise<void> {
  const target = root.target(to)
  signal?.throwIfAborted()
  const source = await root.locate(from)
  if (source === undefined) {
    await root.assertThere()
    throw new HoldallError('file_missing')
  }
  const temporary = temporaryName(root)
  try {
    before('link file')
    await inTemporaryFolder(root, before, () => linkOrCopy(source.full, temporary))
    await publish(root, temporary, target, before)
  } catch (error) {
    throw isAbsent(error) ? new HoldallError('file_missing', {}, { cause: error }) : explain(error)
  } finally {
    // It is still there when both names lead to the same file already: then renaming does nothing.
    await unlink(temporary).catch(() => {})
  }
}

/** What file systems say that have no second names, or none for this file. */
const NO_LINKS: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EMLINK',
  'EXDEV',
  'ENOSYS',
])

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (!NO_LINKS.has(codeOf(error))) throw error
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    await using handle = await open(to, 'r')
    await handle.datasync()
  }
}
