import { extname } from 'node:path'
import { datasetFolder } from '../../sources/paths.ts'
import type { UploadSession } from '../../uploads/session.ts'
import { kindOf } from '../convert/kinds.ts'
import type { Dataset, DatasetFile } from '../records.ts'
import { madeOf } from './made.ts'

/** Where what is converted stays: beside the versions, since catalogs and engines read all that lies in those. */
export function originalPath(organization: string, dataset: string, fileId: string, filename: string): string {
  const ending = extname(filename).toLowerCase()
  const known = /^\.[a-z]{1,8}$/.test(ending) ? ending : ''
  return `${datasetFolder(organization, dataset)}original/${fileId.slice('df-'.length)}${known}`
}

/** What was sent, where it is no part of the table itself. */
export function originalOf(session: UploadSession): DatasetFile[] {
  const { convert, conversion, sheets } = madeOf(session)
  if (convert === undefined) return []
  const { sourceId, path, filename, declaredSize = 0 } = session
  return [
    {
      role: 'original',
      sourceId,
      path,
      filename,
      sizeBytes: declaredSize,
      rowCount: null,
      etag: null,
      contentHash: null,
      ...(conversion?.sheet !== undefined && sheets && { sheets: { read: conversion.sheet, all: sheets } }),
    },
  ]
}

/** The Excel file that all of a dataset was made of; undefined where there is none, or more than that. */
export function excelOf({ files }: Pick<Dataset, 'files'>): DatasetFile | undefined {
  const [original, ...others] = files.filter(({ role }) => role === 'original')
  const isOfOne = others.length === 0 && files.filter(({ role }) => role === 'data').length === 1
  return isOfOne && original !== undefined && kindOf(original.filename, undefined) === 'xlsx' ? original : undefined
}

/** What made a dataset: `multipart_parquet_upload`, `multipart_csv_upload`. */
export function sourceTypeOf(session: UploadSession): string {
  return `multipart_${madeOf(session).convert?.from ?? 'parquet'}_upload`
}
