// Reports to Tacit's agent from Node. The product never waits: it hands records
// over, looks at the answers while it is at work, and no agent, or one that
// hangs, is no error.
import { readFileSync } from 'node:fs'
import { request } from 'node:http'

const run = (process.env.TACIT_DATA ?? '/var/lib/tacit') + '/run'

function agent() {
  try { // Where there are no Unix sockets: loopback and a token.
    const door = JSON.parse(readFileSync(run + '/agent.door', 'utf8'))
    const [host, port] = door.address.split(':')
    return { host, port, headers: { 'Tacit-Token': door.token } }
  } catch {
    return { socketPath: run + '/agent.sock' }
  }
}

function report(records) {
  const call = request({ ...agent(), method: 'POST', path: '/v1/records', timeout: 5000 })
  call.on('error', () => {}) // no agent: the product goes on
  call.on('timeout', () => call.destroy())
  call.on('finish', () => call.socket.unref()) // it is sent: nobody waits for the answer
  call.on('response', (answer) => follow(answer, records).catch(() => {})) // the agent went away
  call.end(JSON.stringify({ product: { name: 'finder', version: '5.3.1' }, records }))
}

async function follow(answer, records) {
  const text = (await answer.toArray()).join('')
  if (answer.statusCode === 429 || answer.statusCode === 503) {
    // Too much at once, or no room: offer the same again.
    setTimeout(report, 1000 * answer.headers['retry-after'], records).unref()
  } else if (answer.statusCode !== 200) {
    console.error(answer.statusCode, text)
  } else {
    JSON.parse(text).results.forEach((result, i) => console.log(records[i].metric, result.status, result.reason ?? ''))
  }
}

if (['', '0', 'false'].includes(process.env.DO_NOT_TRACK ?? '') && process.env.TACIT_TELEMETRY !== 'off') {
  report([
    { metric: 'finder.menu.used', value: 1, labels: { menu: 'open' } },
    { metric: 'finder.operation.duration', value: 340_000, labels: { operation: 'search' } }, // microseconds
    { metric: 'finder.error', value: 'search_timeout', labels: { operation: 'search' } },
  ])
}
for await (const _ of process.stdin); // the product at work
