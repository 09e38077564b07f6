// Package attack attacks Tacit with what it leaves behind and what it says.
//
// A story lives through what happens to a host: start, second start, lookups
// right and mistyped, errors with text, refusals, Ctrl-C, a power cut. Every
// byte that it leaves on disk, prints, answers and puts on the wire is then
// searched for whatever identifies the host or its owner, in every writing
// that a careless program would use. The installation ID may stand in the lines
// whose purpose is to show it and in DIR/agent/installation.json; the host's
// identifiers and a product's secrets may stand nowhere. The story is lived twice: on this host as
// it is, and on a planted one (namespaces of its own) whose names, addresses
// and secrets are known and long enough to search for.
//
// On a planted host the parts also run apart, each on a disk of its own and
// without TLS, so that the wire can be read: planted identifiers go in through
// every input, disks are filled up, files damaged, and everything dies where it
// would leave a core file. Nothing of it may be anywhere ([TestLeak] says what may
// hold what).
//
// Split daemons are attacked over TLS while they run, at both relays' doors, by
// rogues with the true credentials, strangers without, and a crowd; everybody
// calls from an address of his own. Rogues must be refused while others listen
// and are served, and nobody's address or installation ID may be left anywhere.
//
// A hostile relay has a NATS server of its own, to which real agents and a real
// store come of themselves. It gives the store their envelopes changed, swapped,
// repeated, late and with its own before them, and agents every reply but the
// true one. What agents were told to count must be all that is counted, once.
//
// A thief has the store's disk, the relay's disk and one true ID, and tries to
// open a row with what the documents say.
//
// The observers share no code with Tacit. Each of them is proved by a control:
// the searcher finds every writing where it is planted, on disk and on the
// wire; the thief opens every page once he is given the keys.
package attack

import (
	"os"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

func TestMain(m *testing.M) {
	code := m.Run()
	rig.Cleanup()
	os.Exit(code)
}
