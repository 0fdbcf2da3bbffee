import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldallError } from '../../web/error.ts'
import { readParquetFooter } from './read.ts'
import { inMemory } from './test-files.ts'
import { footerOf, parquetFile, type Struct, thrift } from './test-footers.ts'

const PLAIN: Struct = footerOf([{ name: 'n', type: 2, repetition: 1 }], 1)

test('a small file is read at once', async () => {
  const { file, reads } = inMemory(parquetFile(thrift(PLAIN)))
  const { columns, rowCount, leafCount, rowGroups, sizeBytes } = await readParquetFooter(file)
  assert.deepEqual(
    columns.map(({ name, type, isRequired }) => ({ name, type, isRequired })),
    [{ name: 'n', type: 'BIGINT', isRequired: false }],
  )
  assert.deepEqual([rowCount, leafCount, rowGroups.count, sizeBytes], [0, 1, 0, file.size])
  assert.deepEqual(reads, [[0, file.size]])
})

test('of a larger file the second read is the mark at its head', async () => {
  const { file, reads } = inMemory(parquetFile(thrift(PLAIN), { body: 100_000 }))
  await readParquetFooter(file)
  assert.deepEqual(reads, [
    [file.size - 65_536, 65_536],
    [0, 4],
  ])
})

test('of a larger footer the second read is all of it, and of the file no more', async () => {
  const footer = thrift({ ...PLAIN, 6: ['binary', 'x'.repeat(100_000)] })
  const { file, reads } = inMemory(parquetFile(footer, { body: 1_000_000 }))
  const { createdBy, footerBytes } = await readParquetFooter(file)
  assert.equal(createdBy, 'x'.repeat(200))
  assert.equal(footerBytes, footer.length)
  assert.deepEqual(reads, [
    [file.size - 65_536, 65_536],
    [file.size - 8 - footer.length, footer.length],
  ])
})

test('what is no Parquet file is refused in words', async () => {
  const whole = parquetFile(thrift(PLAIN))
  const length = (bytes: number) => {
    const changed = Buffer.from(whole)
    changed.writeUInt32LE(bytes, changed.length - 8)
    return changed
  }
  for (const [bytes, reason] of [
    [Buffer.alloc(0), 'it is empty'],
    [Buffer.from('PAR1'), 'it has 4 bytes, which are too few'],
    [Buffer.from('PAR1PAR1'), 'it has 8 bytes, which are too few'],
    [Buffer.from('PAR1\0\0\0\0PAR1'), 'its footer is empty'],
    [Buffer.from('id,name\n1,Ada\n2,Grace\n'), 'it does not end with PAR1'],
    [whole.subarray(0, -1), 'it does not end with PAR1'],
    [Buffer.concat([whole, Buffer.from('\n')]), 'it does not end with PAR1'],
    [Buffer.concat([Buffer.from('x'), whole]), 'it does not begin with PAR1'],
    [Buffer.concat([Buffer.alloc(70_000), whole]), 'it does not begin with PAR1'],
    [length(whole.length - 11), 'its footer would be longer than the file'],
    [length(0xffff_ffff), 'its footer would be longer than the file'],
  ] as const) {
    await assert.rejects(readParquetFooter(inMemory(bytes).file), (error) => {
      assert.ok(error instanceof HoldallError)
      assert.equal(error.code, 'parquet_invalid')
      assert.equal(error.values.reason, reason)
      return true
    })
  }
})
