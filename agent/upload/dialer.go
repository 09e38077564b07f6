package upload

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/natsdial"
)

// dialer knows the relays of this host and how they prove who they are.
type dialer struct {
	relays      []relay
	fingerprint certificate.Fingerprint
	credential  string
}

// dial connects to one of the relays, trying them in random order. pushed gets
// what the relay tells unasked. Errors are the context's or a *dialError.
func (d *dialer) dial(ctx context.Context, pushed func(*link, []byte)) (*link, error) {
	var failed error
	for _, i := range rand.Perm(len(d.relays)) {
		r := d.relays[i]
		t := natsdial.Target{Address: r.address, Credential: d.credential}
		if r.secure {
			t.TLS = certificate.Client(d.fingerprint, nil)
		}
		l, err := open(ctx, t, pushed)
		if err == nil {
			return l, nil
		}
		if failed = errors.Join(failed, err); ctx.Err() != nil {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("connect to relay: %w", err)
	}
	return nil, &dialError{failed}
}
