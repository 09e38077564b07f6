package door

import (
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Role is a part inside that talks to the embedded server.
type Role string

// The roles.
const (
	RoleGate    Role = "gate"    // takes puts and gets, answers agents, pushes the policy
	RoleForward Role = "forward" // makes the stream, publishes crates, hears replies and key lists
	RoleStore   Role = "store"   // reads crates, publishes replies and key lists, answers engineers
)

// Bounds of connections that are no agent's.
const (
	maxInside  = 64 // from inside
	storeConns = 16 // of stores from outside, beside MaxConns
	deskConns  = 64 // of engineers, beside both
)

// rights are what a role may do, and no more than it needs.
type rights struct {
	agents             bool // in the agents' account; else the edge's
	publish, subscribe []string
	answers            bool // requests that it hears
}

const (
	stream       = wire.StreamCrates
	lookSubjects = wire.SubjectLook + ".*"
)

var roles = map[Role]rights{
	RoleGate: {
		agents:    true,
		publish:   []string{"_INBOX.>", wire.SubjectPolicy},
		subscribe: []string{wire.SubjectPut, wire.SubjectGet + ".*", inboxOf(RoleGate) + ".>"},
	},
	RoleForward: {
		publish: []string{
			wire.SubjectCrate + ".*",
			"$JS.API.STREAM.CREATE." + stream, "$JS.API.STREAM.UPDATE." + stream, "$JS.API.STREAM.INFO." + stream,
			"$JS.API.CONSUMER.CREATE." + stream + ".>", "$JS.API.CONSUMER.INFO." + stream + ".*", "$JS.API.CONSUMER.RESET." + stream + ".*",
		},
		subscribe: []string{wire.SubjectReply, wire.SubjectKeys, inboxOf(RoleForward) + ".>"},
		answers:   true, // which key list is served
	},
	RoleStore: {
		publish: []string{
			wire.SubjectReply, wire.SubjectKeys,
			"$JS.API.STREAM.INFO." + stream, "$JS.API.CONSUMER.INFO." + stream + ".*",
			"$JS.API.CONSUMER.MSG.NEXT." + stream + ".*", "$JS.ACK." + stream + ".>",
		},
		subscribe: []string{lookSubjects, inboxOf(RoleStore) + ".>"},
		answers:   true, // what engineers ask
	},
}

func inboxOf(r Role) string { return wire.InboxPrefix("inside-" + string(r)) }

// Conn returns an in-process connection for a part inside. It comes back by
// itself when the server cuts it off; the caller closes it before Stop.
func (d *Door) Conn(role Role) (*nats.Conn, error) {
	if d.srv == nil {
		return nil, fmt.Errorf("connect %s: %w", role, ErrStopped)
	}
	c, err := nats.Connect("",
		nats.InProcessServer(d.srv),
		nats.Name("tacit"),
		nats.UserInfo(string(role), d.secrets[role]),
		nats.CustomInboxPrefix(inboxOf(role)),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(50*time.Millisecond),
		nats.NoCallbacksAfterClientClose(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			// The error's text may name an inbox, so only its kind is logged.
			kind := "an error"
			if errors.Is(err, nats.ErrSlowConsumer) {
				kind = "more comes than it can take"
			}
			d.refusals.seldom("trouble on an in-process connection", string(role)+": "+kind)
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", role, err)
	}
	return c, nil
}
