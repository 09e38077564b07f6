package browser

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// endpoint is a tacit-agent that reaches the house through a proxy, which
// counts its envelopes, and on whose host somebody is busy all the time.
type endpoint struct {
	dir    string
	wire   *rig.Proxy
	ledger rig.Ledger
	sends  atomic.Int64 // orders to send that were answered
	offers atomic.Int64
}

func startEndpoint(t *testing.T, h *house) *endpoint {
	t.Helper()
	site := rig.ReadSite(t, h.dir)
	e := &endpoint{dir: rig.Dir(t), wire: rig.NewProxy(t, site.Relay, "")}
	site.Relay = e.wire.Address()
	config := site.AgentConfig(t, e.dir, "interval: 1s", "window: 100ms")
	rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: []string{"--config", config}}.Start(t, e.dir).WaitFor(t, "runs;")
	ctx, end := context.WithCancel(t.Context())
	var work sync.WaitGroup
	t.Cleanup(func() { end(); work.Wait() })
	work.Go(func() { e.again(ctx, &e.offers, func() error { _, err := e.ledger.Offer(ctx, e.dir, 1); return err }) })
	work.Go(func() { e.again(ctx, &e.sends, func() error { return e.send(ctx) }) })
	return e
}

// again does something twenty times a second and counts how often it worked.
func (e *endpoint) again(ctx context.Context, worked *atomic.Int64, do func() error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if do() == nil {
				worked.Add(1)
			}
		}
	}
}

// send orders the agent to send now, as the command does.
func (e *endpoint) send(ctx context.Context) error {
	_, _, err := rig.API(ctx, e.dir, http.MethodPost, "/v1/send", nil)
	return err
}

// busy waits until the host was as busy as can be seen in an envelope: many
// more records were offered, and many more orders to send answered.
func (e *endpoint) busy(t *testing.T) {
	t.Helper()
	offers, sends := e.offers.Load()+40, e.sends.Load()+20
	rig.Eventually(t, "records are offered and sending is ordered", func() bool {
		return e.offers.Load() >= offers && e.sends.Load() >= sends
	})
}

// command runs a command of the agent's user.
func (e *endpoint) command(t *testing.T, args ...string) rig.Command {
	t.Helper()
	return rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: append(args, "--data", e.dir)}
}

// arrives waits until all that the agent has accepted so far is stored.
func (e *endpoint) arrives(t *testing.T, h *house, id string) {
	t.Helper()
	owed := e.ledger.Accepted()
	if len(owed) == 0 {
		t.Fatal("the agent accepts nothing")
	}
	rig.Eventually(t, "what was accepted is stored", func() bool {
		tl, found := rig.Found(t, h.dir, id)
		return found && len(rig.Missing(tl, owed)) == 0
	})
}

// why is what `why --json` prints, as far as it is looked at.
type why struct {
	State, By string
	MaySend   bool `json:"may_send"`
	Inputs    []said
}

type said struct{ Name, Says string }

func (e *endpoint) why(t *testing.T) (w why) {
	t.Helper()
	e.command(t, "why", "--json").JSON(t, &w)
	return w
}

// TestCheckbox is the story of the checkbox: an administrator unticks it, and
// within a second a running agent, whose host goes on as before, sends nothing
// more; he ticks it, and it goes on.
func TestCheckbox(t *testing.T) {
	h := startHouse(t)
	e := startEndpoint(t, h)
	tab := Start(t).Visitor(t)
	tab.setUp(h.console, h.code(t))
	id := rig.ID(t, e.dir)
	e.arrives(t, h, id)

	tab.Follow(Link, "Cloud services")
	tab.Says("No name, address, licence or customer number.")
	if !tab.Checked(Checkbox, rig.CEIPBox) || !tab.Checked(Checkbox, rig.CSPBox) {
		t.Error("before anybody decides, a box is not ticked")
	}
	puts, _ := e.wire.Puts()
	rig.Eventually(t, "envelopes pass", func() bool { n, _ := e.wire.Puts(); return n >= puts+3 })
	click := tab.decide(t, rig.CEIPBox) // one checkbox for everything
	tab.Says("Saved. Connected endpoints stop within a second, and this relay refuses every envelope.")
	if tab.Checked(Checkbox, rig.CEIPBox) || tab.Checked(Checkbox, rig.CSPBox) {
		t.Error("a box is ticked after the first was unticked and saved")
	}
	e.isOff(t, h, tab, id, click)

	// The administrator's history and the host's, then the tick again.
	tab.Follow(Link, "Cloud services")
	tab.Says("Customer experience improvement: from On to Off")
	puts, _ = e.wire.Puts()
	accepted := len(e.ledger.Accepted())
	tab.decide(t, rig.CEIPBox)
	tab.Says("Saved. Connected endpoints hear it within a second.")
	rig.Eventually(t, "records are accepted again", func() bool { return len(e.ledger.Accepted()) > accepted })
	e.arrives(t, h, id)
	if n, _ := e.wire.Puts(); n <= puts {
		t.Errorf("%d envelopes passed while it was on again", n-puts)
	}
	if w := e.why(t); w.State != "on" || !w.MaySend {
		t.Errorf("after the tick, why says %+v", w)
	}
	tl, _ := rig.Found(t, h.dir, id)
	e.ledger.CheckOnce(t, tl)
}

// decide clicks boxes, saves, and returns when the button was pressed.
func (tab *Tab) decide(t *testing.T, boxes ...string) (click time.Time) {
	t.Helper()
	for _, name := range boxes {
		tab.Click(Checkbox, name)
	}
	click = time.Now()
	tab.Follow(Button, rig.SaveButton)
	tab.Expect(http.StatusOK)
	return click
}

// isOff looks from every side at a site that is off.
func (e *endpoint) isOff(t *testing.T, h *house, tab *Tab, id string, click time.Time) {
	rig.Eventually(t, "the agent has heard it", func() bool { return e.why(t).State == "off" })
	tab.Follow(Link, "Overview")
	tab.Says("Off: no endpoint of this site sends anything")
	passed := tab.figure("Envelopes passed")
	before, _ := rig.Found(t, h.dir, id)
	accepted := len(e.ledger.Accepted())
	e.busy(t)
	e.busy(t)
	n, last := e.wire.Puts()
	took := last.Sub(click)
	t.Logf("%d envelopes passed; the last %v after the click", n, took)
	if took > time.Second {
		t.Errorf("an envelope passed %v after the click", took)
	}
	if now := time.Since(click); now < 2*time.Second {
		t.Errorf("looked for %v only", now)
	}
	if more := len(e.ledger.Accepted()) - accepted; more > 0 {
		t.Errorf("%d records were accepted while the site was off", more)
	}
	if after, _ := rig.Found(t, h.dir, id); len(after.Records) != len(before.Records) || after.Pages != before.Pages {
		t.Errorf("the store had %d records and %d pages, and has %d and %d", len(before.Records), before.Pages, len(after.Records), after.Pages)
	}
	tab.Follow(Link, "Overview")
	if now := tab.figure("Envelopes passed"); now != passed {
		t.Errorf("the relay passed %d envelopes while the site was off", now-passed)
	}
	e.tellsItsUser(t)
	tab.Follow(Link, "What is sent")
	tab.Says("It will not be sent")
}

// tellsItsUser asks the agent as its user does.
func (e *endpoint) tellsItsUser(t *testing.T) {
	t.Helper()
	w := e.why(t)
	if w.By != "site_policy" || w.MaySend {
		t.Errorf("why says %+v", w)
	}
	if !slices.ContainsFunc(w.Inputs, func(in said) bool { return in.Name == "site_policy" && in.Says == "off" }) {
		t.Errorf("why has the inputs %+v", w.Inputs)
	}
	var preview struct {
		Sends bool
		Pages []json.RawMessage
	}
	e.command(t, "preview", "--json").JSON(t, &preview)
	if preview.Sends || len(preview.Pages) == 0 {
		t.Errorf("preview says sends %t and shows %d pages", preview.Sends, len(preview.Pages))
	}
	if text := e.command(t, "preview").Run(t).Stdout; !strings.Contains(text, "os.type") {
		t.Errorf("preview does not show what would be sent:\n%s", text)
	}
	if r := e.command(t, "send").Run(t); !strings.HasPrefix(r.Stdout, "sent 0 envelopes: The site's administrator refused") {
		t.Errorf("send says %s", r.Stdout)
	}
}
