package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"errors"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/natsdial"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/lookup"
	"github.com/tacit-telemetry/tacit/store/remote"
)

// farStores are asked over NATS, with an engineer's credential. They write the
// audit log; the ID stays here.
type farStores struct {
	credential *deskCredential

	all    *insights.Population // heard with the history
	allErr error
}

var _ askedStores = (*farStores)(nil)

// registries implements [askedStores]: those of the stores are not told.
func (f *farStores) registries(files []string) (*registry.Set, error) {
	if len(files) == 0 {
		return registry.BaseSet(), nil
	}
	return registriesFor(foundStore{}, files)
}

// timeline implements [askedStores].
func (f *farStores) timeline(ctx context.Context, subject lookup.Subject, o lookup.Options, reason string) (*lookup.History, error) {
	conn, err := f.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	key, err := f.credential.key()
	if err != nil {
		return nil, err
	}
	asker := remote.Asker{
		Conn: conn, Vendor: ed25519.PublicKey(f.credential.vendor), Engineer: f.credential.Engineer, Key: key, Groups: f.credential.Groups,
	}
	l, err := asker.Begin(ctx, o.Ticket, reason)
	if err != nil {
		return nil, err
	}
	h, err := lookup.Timeline(ctx, l, subject, o)
	if err == nil {
		f.hearAll(ctx, l)
	}
	if ended := l.End(context.WithoutCancel(ctx), outcomeOf(h, err)); ended != nil {
		return nil, ended // what was found is not shown without its row
	}
	return h, err
}

// hearAll hears what all installations add up to, for as long as whoever calls
// waits.
func (f *farStores) hearAll(ctx context.Context, l *remote.Lookup) {
	ctx, cancel := context.WithTimeout(ctx, populationTime)
	defer cancel()
	f.all, f.allErr = l.Population(ctx)
}

// population implements [askedStores].
func (f *farStores) population(context.Context, *registry.Set) (*insights.Population, error) {
	return f.all, f.allErr
}

// simulated implements [askedStores]: a demo has no edge.
func (f *farStores) simulated() bool { return false }

// connect connects to the first relay that lets the engineer in.
func (f *farStores) connect(ctx context.Context) (conn *nats.Conn, err error) {
	for _, u := range f.credential.Relays {
		name := rand.Text()
		t := natsdial.Target{Address: u.Address().String(), Name: name, Credential: string(f.credential.Credential), Inbox: wire.InboxPrefix(name)}
		if u.TLS() {
			t.TLS = f.tls()
		}
		if conn, _, err = natsdial.Connect(ctx, t, func() {}); err == nil {
			return conn, nil
		}
	}
	return nil, explainEdge(err)
}

func (f *farStores) tls() *tls.Config { return certificate.Client(f.credential.Fingerprint, nil) }

// explainEdge says in a fixed sentence why there is no connection: the error has
// an address.
func explainEdge(err error) error {
	var dial *natsdial.DialError
	failed, handshake := errors.AsType[*certificate.HandshakeError](err)
	switch {
	case handshake:
		return cli.WithHint(errors.New("the edge: "+certificate.Reason(failed)), "compare fingerprint and relays in the credential with what the edge prints when it starts")
	case errors.As(err, &dial):
		return cli.WithHint(errors.New(edgeAway), "is it running, and can this machine reach it?")
	}
	return cli.WithHint(errors.New("the edge refuses the credential for engineers"), "ask for a new one: tacit store engineer add NAME")
}

// explainRemote says what to do when stores do not answer over NATS, or refuse.
func explainRemote(err error) error {
	for _, known := range []struct {
		is   error
		hint string
	}{
		{remote.ErrAudit, "tell who runs the store: tacit store verify says more; nothing was opened"},
		{remote.ErrRefused, "ask for a new credential: tacit store engineer add NAME"},
		{remote.ErrLimit, "wait, or have a colleague look"},
		{remote.ErrAway, "tell who runs the store"},
		{remote.ErrKey, "set the clock of this machine"},
		{remote.ErrKeyList, "compare vendor_key in the credential with the one that tacit store keys list prints"},
		{remote.ErrEnded, "run the command again"},
		{remote.ErrBusy, "run the command again in a while"},
		{remote.ErrDenied, "the store says why"},
		{remote.ErrTrouble, "the store's log says why"},
	} {
		if errors.Is(err, known.is) {
			return cli.WithHint(err, "%s", known.hint)
		}
	}
	return err
}
