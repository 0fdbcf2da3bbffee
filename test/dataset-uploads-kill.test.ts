import { makeFolder } from './support/dataset-folder.ts'
import { datasetKills } from './support/dataset-kills.ts'

datasetKills('a folder', makeFolder)
