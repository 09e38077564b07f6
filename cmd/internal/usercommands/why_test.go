package usercommands

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/participation"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema"
)

func day(d int) time.Time { return time.Date(2026, 11, d, 8, 0, 0, 0, time.UTC) }

// parted is a decision of a site that took one programme out.
func parted() reasons {
	return reasons{Why: local.Why{
		Decision: participation.Decision{
			State: participation.On, By: "site_policy", Since: day(18), Reason: "The site's administrator allows it.",
			Programmes: []participation.ProgrammeDecision{
				{Name: schema.CEIP, State: participation.Off, By: "site_policy", Since: day(20), Reason: "The site's administrator refused, for all its hosts."},
				{Name: schema.CSP, State: participation.On, By: "site_policy", Since: day(18), Reason: "The site's administrator allows it."},
			},
			Inputs: []participation.Input{
				{Name: "kill_file", Says: participation.NoOpinion, Source: "/etc/tacit/off"},
				{Name: "site_policy", Says: participation.On, Source: "the site's relay", Since: day(20), Value: "ceip off, revision 7; csp on, revision 7",
					Programmes: map[schema.Programme]participation.State{schema.CEIP: participation.Off, schema.CSP: participation.On}},
			},
			Level: schema.Standard, Release: 3, Registry: 4, Revision: 7, MaySend: true,
		},
		Connection: "connected",
	}}
}

func TestWhyInWords(t *testing.T) {
	var out bytes.Buffer
	if err := printWhy(&cli.Env{Out: &out}, parted()); err != nil {
		t.Fatal(err)
	}
	const want = `on: The site's administrator allows it.
Decided by site_policy, since 2026-11-18.
Programme ceip is off, by site_policy, since 2026-11-20: The site's administrator refused, for all its hosts.
Programme csp is on, by site_policy, since 2026-11-18: The site's administrator allows it.
Level: standard.
Release: the registry in use is release 4, and release 3 is covered: what came later stays off until the site's administrator acknowledges it in the relay's console.
Connection: connected

INPUT          SAYS              VALUE                                    SINCE       SOURCE
kill_file      no opinion                                                             /etc/tacit/off
site_policy *  ceip off, csp on  ceip off, revision 7; csp on, revision 7  2026-11-20  the site's relay

* decides
`
	if got := out.String(); squeezed(got) != squeezed(want) {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

// squeezed makes every run of spaces one: columns may be of any width.
func squeezed(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.Join(lines, "\n")
}

// What is the same for all, or not there, is not repeated.
func TestWhyLeavesOut(t *testing.T) {
	why := parted()
	why.Programmes[0] = why.Programmes[1]
	why.Release, why.Connection, why.Since = 4, "", time.Time{}
	text := strings.Join(why.lines(), "\n")
	for _, word := range []string{"Programme ", "Release:", "Connection:", "since"} {
		if strings.Contains(text, word) {
			t.Errorf("%q is in %s", word, text)
		}
	}
	why.Release, why.Revision = 3, 0
	if text := strings.Join(why.lines(), "\n"); !strings.Contains(text, "`tacit on` acknowledges it") {
		t.Errorf("without a site: %s", text)
	}
}

// TestWhyTellsOfRefusals: what the store refused is told with what to do.
func TestWhyTellsOfRefusals(t *testing.T) {
	why := parted()
	why.Status.StoreRefused = map[string]int{"erased": 3, "conflict": 1}
	want := []string{
		"1 envelope of the outbox refused by the store: conflict; they are not sent again; tacit outbox list shows them",
		"3 envelopes of the outbox refused by the store: erased; this ID was erased by its vendor: tacit id reset makes a new one",
	}
	if got := why.notes(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestWhyAsJSON(t *testing.T) {
	var out bytes.Buffer
	if err := printWhy(&cli.Env{Out: &out, JSON: true}, parted()); err != nil {
		t.Fatal(err)
	}
	var got struct {
		State, By, Level, Connection string
		Programmes                   []struct{ Name, State, By, Reason string }
		Inputs                       []struct {
			Name, Value, Source, Says string
			Programmes                map[string]string
		}
		Covered  int `json:"covered_release"`
		Registry int `json:"registry_release"`
		Revision int `json:"site_revision"`
		Status   *local.Status
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.State != "on" || got.By != "site_policy" || got.Level != "standard" || got.Connection != "connected" ||
		len(got.Programmes) != 2 || got.Programmes[0].State != "off" || got.Inputs[1].Programmes["ceip"] != "off" ||
		got.Covered != 3 || got.Registry != 4 || got.Revision != 7 || got.Status == nil {
		t.Errorf("got %s", out.String())
	}
}
