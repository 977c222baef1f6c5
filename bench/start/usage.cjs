// Tells, when a program ends, what it used so far.
const {writeSync} = require('node:fs')
process.on('exit', () => {
  const {userCPUTime, systemCPUTime, maxRSS} = process.resourceUsage()
  writeSync(3, JSON.stringify({milliseconds: (userCPUTime + systemCPUTime) / 1000, mebibytes: maxRSS / 1024}))
})
