// Package sim simulates sites: agents, relays and a store in one process, on
// simulated time, network and clocks, with all randomness from a seed. It looks
// for what is lost, doubled, wrongly expired, or sent against somebody's will,
// in courses of events that no test bench would live through.
//
//	go test ./integration/sim                                       a few seeds of each scenario
//	TACIT_RUN=faults go test ./integration/sim -timeout 60m         many
//	TACIT_SEED=7 go test ./integration/sim -run '^TestClock$' -v    one of them again, with its story
//
// # What is real
//
// Nearly everything: whole agents (agent.Agent, with spool, outbox,
// participation and local API), whole relays (relay.Relay, with the embedded
// server, its stream on disk, gate, pool, policy), the whole store (store.Store,
// with Badger and its secrets on disk), and the client library between them. All
// of it runs in a bubble of testing/synctest, in which time passes when
// everybody waits. Files are real and lie in memory where there is such a
// volume.
//
// # What is simulated
//
//   - Time. A scenario of minutes takes a quarter of a second. Every machine has
//     a clock of its own, which can be wrong; timers run by the world's time.
//   - The network: simnet. A connection has a delay and a rate, can be cut, held
//     up, or go silent while both sides believe in it. TLS is not simulated:
//     everything here is loopback to the product.
//   - A full volume below an agent's spool: simdisk.
//   - Random moments of agents and relays: simrand. crypto/rand comes from the
//     seed as well, by testing/cryptotest.
//
// The product has no seams for this, and gets none: the simulation's binary is
// this test, built once more with a few lines of the product replaced (go test
// -overlay; see overlay_test.go). A seed is a process of its own, which makes it
// start from the same state every time.
//
// # What it does not reach
//
// A part is killed when nothing in the process runs: between any two things that
// wait for time, a wire or each other, and at a chosen message, but not in the
// middle of a write, or between two steps that wait for nothing. What dies there
// is for integration/fault and the power cuts of agent/spool. What is killed
// leaves its directory as it was at that moment; what was written and not
// synced is kept, as it is after a kill. The order of what happens in one moment
// on two machines is the scheduler's; see TestReplay. The thousand agents of
// TestOutage are not whole ones.
//
// # Who judges
//
// The ledger knows what products were told, record by record, and nothing of how
// Tacit keeps it. It reads the store with the product's own forms (page, codec,
// rollup), and counts by itself.
//
// # That it can fail
//
// Broken on purpose, the product is found out by TestPartition: a batch that is
// released on the hint "queued" at seed 4, a store without deduplication at seed
// 2, one that replies 100 ms before it commits at seed 25.
package sim
