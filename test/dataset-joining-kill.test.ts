import { makeFolder } from './support/dataset-folder.ts'
import { joiningKills } from './support/dataset-kills.ts'

joiningKills('a folder', makeFolder)
