import { makeFolder } from './support/dataset-folder.ts'
import { conversionKills } from './support/dataset-kills.ts'

conversionKills('a folder', makeFolder)
