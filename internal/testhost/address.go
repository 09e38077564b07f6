package testhost

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
)

// Ports that FreeAddress chooses from. They lie below those that Linux (from
// 32768), macOS and Windows (from 49152) give to whoever asks for any port or
// connects: of these, one that was free a moment ago, or whose daemon is being
// started again, is soon somebody else's.
const (
	firstPort = 15000
	lastPort  = 32767
)

// given are the addresses that this process was given.
var given sync.Map

// FreeAddress returns host and port of loopback where nobody listens now, and
// none that it returned before. It is for what has to be known before a daemon
// runs, stay the same when it is started again, or have nobody there;
// whatever can say where it listens gets port 0.
func FreeAddress(t testing.TB) string {
	t.Helper()
	var err error
	for range 100 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+rand.IntN(lastPort-firstPort+1)))
		var l net.Listener
		if l, err = net.Listen("tcp", address); err != nil {
			continue
		}
		_ = l.Close() // nobody connected
		if _, before := given.LoadOrStore(address, true); !before {
			return address
		}
	}
	t.Fatalf("find a free port of loopback: %v", err)
	return ""
}
