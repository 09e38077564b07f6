// Package simnet is the network of a simulation: connections of one process
// that live in a synctest bubble, with delays, cuts, silence and trickle, so
// that a day of them takes as long as what happens in it.
//
// The simulation's binary is built with dial and listen of the product's
// packages leading here (see package sim); a product's build never holds it.
// Who dials is told by the address: "a3:8472" is the link a3, whatever it leads
// to. It loses what its conditions say and nothing else, and it holds at most
// 64 KiB a direction and connection.
package simnet

import (
	"context"
	"net"
	"os"
	"sync/atomic"
)

// current is the network of the bubble that runs; one at a time.
var current atomic.Pointer[Network]

// Use makes n the network that Dial and Listen lead to; nil: none.
func Use(n *Network) { current.Store(n) }

// Dial connects over the link that the address names. Without a network, or a
// link of that name, nothing answers.
func Dial(ctx context.Context, network, address string) (net.Conn, error) {
	n := current.Load()
	if n == nil {
		return nil, refused(network, address)
	}
	return n.dial(ctx, network, address)
}

// Listen takes connections at an address of the network. A Unix socket is never
// dialled in a simulation: its path is there as a file and nobody comes.
func Listen(_ context.Context, network, address string) (net.Listener, error) {
	n := current.Load()
	if n == nil {
		return nil, refused(network, address)
	}
	if network == "unix" {
		if err := os.WriteFile(address, nil, 0o600); err != nil {
			return nil, err
		}
	}
	return n.listen(network, address)
}
