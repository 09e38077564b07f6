package rig

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	code := m.Run()
	Cleanup()
	os.Exit(code)
}

// TestSplit runs all the parts, in both kinds of connection, and sees that what
// the rig looks at is there to be seen: a record arrives, the proxies have
// counted it on its way, and the administrator gets in and decides.
func TestSplit(t *testing.T) {
	for _, plain := range []bool{true, false} {
		s := StartSplit(t, Plan{Agents: 2, Plain: plain, Verbose: true})
		admin, ledger := s.Administrator(t), new(Ledger)
		Eventually(t, "records are accepted", func() bool {
			answers, err := ledger.Offer(t.Context(), s.Agents[0].Data, 1)
			return err == nil && answers[0].Accepted()
		})
		Eventually(t, "what was accepted is stored", func() bool {
			r := Tacit(t, "lookup", ID(t, s.Agents[0].Data), "--data", s.Store.Data).Run(t)
			return r.Code == 0 && len(Missing(s.Lookup(t, s.Agents[0]), ledger.Accepted())) == 0
		})
		seen, up := s.Wires[0].Seen(), s.Uplink.Seen()
		if n, _ := s.Wires[0].Puts(); seen.Open != 1 || seen.Up < 1024 || (n > 0) != plain {
			t.Errorf("plain %t: between agent and relay was seen %+v", plain, seen)
		}
		if up.Open != 1 || up.Up < 1024 || len(up.Published) > 0 {
			t.Errorf("between the relays was seen %+v", up)
		}
		admin.Decide(t, map[string]string{CEIPBox: "off", EnhancedLevel: "on"})
		admin.LogOut(t)
		if p := admin.LogIn(t, "ada", "a long walk by the sea"); p.URL.Path == "/login" {
			t.Errorf("log in again: %d: %s", p.Status, p.Text())
		}
		if p := admin.Get(t, CloudServices); p.Shown(t, SaveButton, CEIPBox) != "off" || p.Shown(t, SaveButton, StandardLevel) != "off" {
			t.Errorf("what was decided is not shown: %s", p.Text())
		}
		for _, d := range []*Daemon{s.Agents[0], s.Site, s.Store, s.Edge} {
			if took, code := d.Interrupt(t); code != 0 {
				t.Errorf("ended after %v with %d: %s", took, code, d.Text())
			}
		}
	}
}
