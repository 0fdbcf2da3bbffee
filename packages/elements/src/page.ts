/** What the server's own pages load: the components, and the small behaviours of the pages. */
import './index.ts'
import { takeManyFiles } from './behaviours/attach-many.ts'
import { copyTexts } from './behaviours/copy.ts'
import { followCorrections } from './behaviours/corrections.ts'
import { keepDecisions } from './behaviours/deciding.ts'
import { tellWhereToDrop } from './behaviours/dropping.ts'
import { followForms } from './behaviours/forms.ts'
import { offerKeyList } from './behaviours/key-list.ts'
import { listenForKeys } from './behaviours/keys.ts'
import { askBeforeLeaving } from './behaviours/leaving.ts'
import { followLive, lookOnce } from './behaviours/live.ts'
import { closeMenus } from './behaviours/menus.ts'
import { suggestIds } from './behaviours/naming.ts'
import { askQueries } from './behaviours/querying.ts'
import { showRunning } from './behaviours/running.ts'
import { saveExports } from './behaviours/saving.ts'
import { searchAsTyped } from './behaviours/searching.ts'
import { selectFiles } from './behaviours/selecting.ts'
import { submitSelects } from './behaviours/selects.ts'
import { keepQueries, loadSqlEditor } from './behaviours/sql.ts'
import { switchTheme } from './behaviours/theme.ts'
import { adoptToast } from './lib/toast.ts'

closeMenus()
copyTexts()
followForms()
followCorrections()
askBeforeLeaving()
listenForKeys()
offerKeyList()
switchTheme()
showRunning()
followLive(fetch)
for (const event of ['dataset-registered', 'upload-waits']) document.addEventListener(event, () => lookOnce(fetch))
submitSelects()
suggestIds()
searchAsTyped(fetch)
selectFiles()
keepDecisions(fetch)
tellWhereToDrop()
takeManyFiles()
keepQueries()
loadSqlEditor()
askQueries(fetch)
saveExports(fetch)
for (const said of document.querySelectorAll<HTMLElement>('.toast.said')) adoptToast(said)
document.querySelector<HTMLElement>('[data-error-summary]')?.focus()
