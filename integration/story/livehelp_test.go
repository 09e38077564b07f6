package story

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// fails offers an error in a function, and says whether the agent vouches for it.
func fails(t *testing.T, dir, function string) {
	t.Helper()
	answers, err := rig.Offer(t.Context(), dir, rig.Offered{
		Metric: "tacit.error", Value: "spool_write", Labels: map[string]string{"frames": "github.com/tacit-telemetry/tacit/agent/" + function + " live.go:1"},
	})
	if err != nil || !answers[0].Accepted() {
		t.Fatalf("%+v, %v", answers, err)
	}
}

// logs offers what is of the level enhanced only, and returns what is said to it.
func logs(t *testing.T, dir string) string {
	t.Helper()
	answers, err := rig.Offer(t.Context(), dir, rig.Offered{Metric: "log.skipped", Value: 3, Labels: map[string]string{"reason": "rate"}})
	if err != nil {
		t.Fatal(err)
	}
	return answers[0].Status + " " + answers[0].Reason
}

// TestLiveHelp: a user and an engineer are on the phone. What the user sends now the
// engineer sees within seconds; what he debugs is sent by itself, for as long as he said, and in no more detail
// than the site allows; integration/split TestDebugRaises has what no site limits.
func TestLiveHelp(t *testing.T) {
	t.Parallel()
	site, dir := rig.Dir(t), rig.Dir(t)
	up := rig.Up(t, site)
	startAgent(t, dir, rig.AgentConfig(t, site, dir, "interval: 1h", "window: 1h"))
	rig.Eventually(t, "the endpoint has heard the site", func() bool { return says(t, dir) == "on" })
	fails(t, dir, "first.Call")
	run(t, dir, "send")
	c := makeCode(t, dir)
	a := engineer(t, up)
	p := look(t, a, c.Code)
	p.Says(t, "first.Call")
	// A desk opens 60 histories an hour for an engineer, so that it is asked once
	// what is there is there by command.
	refresh := func() string {
		return a.Post(t, "/case", url.Values{"case": {p.URL.Query().Get("case")}, "act": {"refresh"}}).Body
	}
	again := func(until string) string {
		rig.Eventually(t, until+" is stored", func() bool { return strings.Contains(byCode(t, site, c.Code, "--ticket", "T-4711").Stdout, until) })
		return refresh()
	}
	fails(t, dir, "second.Call")
	if strings.Contains(again("first.Call"), "second.Call") {
		t.Error("it was sent before its user said so: nothing would be seen")
	}
	var start time.Time
	// The desk writes into its audit log that it asks, and then asks and waits.
	written := func() int64 {
		info, err := os.Stat(filepath.Join(site, "desk", "audit.log"))
		if err != nil {
			return 0
		}
		return info.Size()
	}
	before, sent := written(), make(chan rig.Result, 1)
	go func() {
		for written() == before && t.Context().Err() == nil {
			<-time.After(10 * time.Millisecond)
		}
		start = time.Now()
		sent <- rig.Tacit(t, "send", "--data", dir).Run(t)
	}()
	rig.Eventually(t, "what the user sent is on the page", func() bool {
		asked := time.Now()
		body := refresh()
		if waited := time.Since(asked); strings.Contains(body, "nothing new came within 15 s") && waited < 14*time.Second {
			t.Fatalf("after %v the page says that nothing new came within 15 s", waited)
		}
		return strings.Contains(body, "second.Call")
	})
	shown := time.Now()
	if r := <-sent; r.Code != 0 {
		t.Errorf("send: exit %d: %s", r.Code, r.Stderr)
	}
	t.Logf("from the user's word to the page: %v", shown.Sub(start))

	if said := logs(t, dir); said != "dropped level" {
		t.Errorf("at level standard a product's log is %s", said)
	}
	fails(t, dir, "third.Call")
	run(t, dir, "debug", "--for", "1m")
	if said := logs(t, dir); said != "dropped level" {
		t.Errorf("the site allows the level standard, and while its user debugs a product's log is %s", said)
	}
	if !strings.Contains(again("third.Call"), "third.Call") {
		t.Error("what waited when he began to debug is not on the page")
	}
	rig.Within(t, 2*rig.Patience, "debugging ends by itself", func() bool { return !strings.Contains(run(t, dir, "why"), "Debugging until") })
	var told opened
	rig.Tacit(t, "lookups", "--json", "--data", dir).JSON(t, &told)
	for _, l := range told.Lookups {
		if l.By != "code" || l.Ticket != "T-4711" || time.Since(l.At) > 10*time.Minute {
			t.Errorf("the user reads %+v", l)
		}
	}
	if len(told.Lookups) < 4 {
		t.Errorf("the user reads of %d openings", len(told.Lookups))
	}
}
