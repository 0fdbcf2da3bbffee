import { formatBytes, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { postButton } from '../../web/parts/button.ts'
import { dataTable } from '../../web/parts/table.ts'
import { shownTime } from '../../web/parts/time.ts'
import type { OlderVersion } from '../joining/versions.ts'

/** Versions that were replaced and are kept; whoever may can go back to one. */
export function versionsPart(
  older: readonly OlderVersion[],
  { action, edits }: { readonly action: string; readonly edits: boolean },
): Html | false {
  if (older.length === 0) return false
  return html`<section class="panel below" aria-labelledby="versions"><div class="panel-head"><h2 id="versions" class="grow">Older versions</h2></div>${dataTable(
    {
      caption: 'Older versions, the last first',
      columns: [
        { label: 'Version', kind: 'key' },
        { label: 'Rows', kind: 'numeric' },
        { label: 'Files', kind: 'numeric' },
        { label: 'Size', kind: 'numeric' },
        { label: 'Added' },
        { label: 'Kept until' },
        ...(edits ? [{ label: 'Go back' }] : []),
      ],
      rows: older.map(({ version, rowCount, fileCount, sizeBytes, addedAt, keptUntil }) => ({
        cells: [
          `Version ${version}`,
          formatNumber(rowCount),
          formatNumber(fileCount),
          formatBytes(sizeBytes),
          shownTime(addedAt),
          keptUntil === null ? 'It stays' : shownTime(keptUntil),
          ...(edits
            ? [
                postButton(
                  action,
                  { label: `Make version ${version} current`, small: true },
                  { version: String(version) },
                ),
              ]
            : []),
        ],
      })),
    },
  )}</section>`
}
