package agent

import (
	"context"
	"time"

	"github.com/tacit-telemetry/tacit/agent/participation"
)

// hearWithin bounds the wait for the site's word before the first look at the
// host: a relay that is away must not keep a product's own records from being
// taken or refused.
const hearWithin = 2 * time.Second

// Hear connects to the relay, if there is one and this host allows it, and
// waits until the site's policy was heard, 2 s at most. What is collected
// before it was heard for the first time is refused. [Agent.Why] says what went
// wrong.
func (a *Agent) Hear(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, hearWithin)
	defer cancel()
	p, ctx, release := a.hold(ctx)
	defer release()
	_ = p.uploader.Hear(ctx) // the uploader logs it and says so in Trouble
}

// watch acts on every change of the decision.
func (a *Agent) watch(ctx context.Context) {
	defer a.leaveLogs()
	was := a.participation.Decide()
	refused := false // by anybody, since records were last taken
	a.participation.Watch(ctx, func(d participation.Decision) {
		a.changed()
		a.forgetTelemetry()
		a.followLogs(ctx)
		if d.MaySend && !was.MaySend {
			wake(a.turnedOn) // what waits goes at once
		}
		if d.MayCollect && !was.MayCollect && (refused || a.missed.Load()) {
			wake(a.lookAgain)
		}
		refused = d.State == participation.Off || refused && !d.MayCollect
		was = d
	})
}

// changed lets the connection follow the decision.
func (a *Agent) changed() {
	p, release := a.held()
	defer release()
	p.uploader.Changed()
}

// wake fills a channel that holds one.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is awake already
	}
}

// connection says in one sentence how it stands with the relay, for people. Who
// looks beside a running agent does not know.
func (a *Agent) connection() string {
	p, release := a.held()
	defer release()
	trouble := p.uploader.Trouble()
	switch d := a.participation.Decide(); {
	case a.config.Observe:
		return ""
	case len(a.config.Relays) == 0:
		return "There is no relay in this agent's configuration."
	case !d.MayListen:
		return "There is no connection, and none is made: this host does not take part."
	case trouble != "":
		return trouble
	case !p.uploader.Connected():
		return "There is no connection now."
	case d.SiteOff:
		return "Connected to the relay, to hear the site's next word; nothing is asked for and nothing is sent."
	}
	return "Connected to the relay."
}
