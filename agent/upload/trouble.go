package upload

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// What can be wrong with the way to the store, in sentences that name no
// address: every user of this host may read them, and logs travel.
const (
	wrongPin        = "The relay shows another certificate than the one in this agent's configuration: compare the fingerprint there with the one that the relay prints when it starts."
	wrongCredential = "The relay does not accept the channel credential in this agent's configuration: compare it with the relay's."
	noHandshake     = "No connection to the relay: "
	unknownName     = "The name of the relay is not known here: check it in this agent's configuration, and the name service."
	unreachable     = "Nothing takes a connection where the relay should be: is it running, and is the address in this agent's configuration right?"
	noAnswer        = "The relay does not answer in time: is the network up, and does a firewall let the connection through?"
	noRelay         = "What answers is no relay, one that expects TLS (its address begins with tls://), or one that takes no more connections."
	noPolicy        = "The relay does not tell its site's policy, so that everything is held: is it a relay, and not too old?"
	badPolicy       = "The relay tells a policy that this agent cannot read, so that everything is held: one of the two is too old."
	wrongVendor     = "The relay's key list is not signed by the vendor key in this agent's configuration: compare it with the vendor's."
	oldKeys         = "The relay offers an older key list than was seen before: it is out of date, or somebody plays tricks."
	badKeys         = "The relay gives no key list: no store has told it one yet, or it is no relay."
)

// aspect is one thing that can be wrong while the others are right.
type aspect int

// The aspects; what is wrong with an earlier one hides the later ones.
const (
	ofDial aspect = iota
	ofPolicy
	ofKeys
	aspects
)

// troubles are what is wrong now. Each change is logged once.
type troubles struct {
	logger *slog.Logger

	mu  sync.Mutex
	now [aspects]string // "": nothing
}

// Trouble says in one plain sentence why there is no connection, or why nothing
// can be sent on it, and what to do; "" when nothing is wrong. It names no
// address.
func (u *Uploader) Trouble() string {
	u.troubles.mu.Lock()
	defer u.troubles.mu.Unlock()
	for _, s := range u.troubles.now {
		if s != "" {
			return s
		}
	}
	return ""
}

// set notes what is wrong with one aspect, or that nothing is.
func (t *troubles) set(a aspect, sentence string) {
	t.mu.Lock()
	was := t.now[a]
	t.now[a] = sentence
	t.mu.Unlock()
	switch {
	case sentence == was:
	case sentence != "":
		t.logger.Warn("relay: " + sentence)
	default:
		t.logger.Info("relay: what was wrong is right again", slog.String("was", was))
	}
}

// dialError is why no relay could be reached, without an address.
type dialError struct{ cause error }

// Error says what [Uploader.Trouble] does.
func (e *dialError) Error() string { return ErrNoRelay.Error() + ". " + dialTrouble(e.cause) }

// Unwrap returns ErrNoRelay, and the causes, whose texts may name addresses.
func (e *dialError) Unwrap() []error { return []error{ErrNoRelay, e.cause} }

// dialTrouble returns the sentence for what a dial failed with. Where several
// relays failed, the one that answered tells most.
func dialTrouble(err error) string {
	if errors.Is(err, certificate.ErrPin) {
		return wrongPin
	}
	if errors.Is(err, nats.ErrAuthorization) {
		return wrongCredential
	}
	if e, ok := errors.AsType[*certificate.HandshakeError](err); ok {
		return noHandshake + certificate.Reason(e.Err) + "."
	}
	return reachTrouble(err)
}

// reachTrouble returns the sentence for a relay that did not answer as one.
func reachTrouble(err error) string {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return unknownName
	}
	call, ok := errors.AsType[*net.OpError](err)
	switch {
	case ok && call.Op == "dial" && call.Timeout():
		return noAnswer
	case ok && call.Op == "dial":
		return unreachable
	}
	return noRelay // it took the connection, and hung up or said nothing that a relay says
}

// keyTrouble returns the sentence for what a fetch of the key list failed with,
// or "" when that is no fault of the list.
func keyTrouble(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, envelope.ErrSignature):
		return wrongVendor
	case errors.Is(err, ErrOldKeys):
		return oldKeys
	case errors.Is(err, wire.ErrForm), errors.Is(err, nats.ErrNoResponders), errors.Is(err, nats.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return badKeys
	}
	return ""
}
