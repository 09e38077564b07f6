package participation

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// TestStrictestWins sets every combination of what the inputs can say, and
// compares with the rule written a second way: by counting.
func TestStrictestWins(t *testing.T) {
	w := newWorld(t)
	combinations := 0
	for _, kill := range []bool{false, true} {
		for _, dnt := range []string{"", "0", "1"} {
			for _, tacit := range []string{"", "on", "off"} {
				for _, user := range []State{NoOpinion, On, Off} {
					for _, policy := range []string{"", "participation: on\n", "participation: off\n", "participation: [\n"} {
						for _, site := range []State{NoOpinion, On, Off, Unknown} {
							for _, preset := range []registry.Default{"on", "ask", "off", "?"} {
								combinations++
								w.check(kill, dnt, tacit, user, policy, site, preset)
							}
						}
					}
				}
			}
		}
	}
	if want := 2 * 3 * 3 * 3 * 4 * 4 * 4; combinations != want {
		t.Errorf("tried %d combinations, want %d", combinations, want)
	}
}

// check builds the inputs as Decide does from what was read, without files.
func (w *world) check(kill bool, dnt, tacit string, user State, policy string, site State, preset registry.Default) {
	w.t.Helper()
	w.env = map[string]string{"DO_NOT_TRACK": dnt, "TACIT_TELEMETRY": tacit}
	w.preset = preset
	r := &Resolver{c: w.config()}
	m, err := parseMachine("policy.yaml", []byte(policy))
	says := map[bool]State{true: Off, false: NoOpinion}
	policySays := m.Participation
	if err != nil {
		policySays = Unknown
	}
	d := strictest([]Input{
		{Name: "kill_file", Says: says[kill], Reason: "."},
		r.environmentInput("do_not_track", "DO_NOT_TRACK", doNotTrack),
		r.environmentInput("tacit_telemetry", "TACIT_TELEMETRY", telemetryOff),
		{Name: "user", Says: user, Reason: "."},
		{Name: "machine_policy", Says: policySays, Reason: "."},
		{Name: "site_policy", Says: site, Reason: "."},
		r.programmeInput(schema.CEIP, user == On || site == On),
	})

	yes := user == On || site == On
	refused := kill || dnt == "1" || tacit == "off" || user == Off ||
		strings.Contains(policy, "off") || site == Off || preset == "off" && !yes
	unclear := strings.Contains(policy, "[") || site == Unknown || (preset == "ask" || preset == "?") && !yes
	want := On
	if unclear {
		want = Unknown
	}
	if refused {
		want = Off
	}
	if d.Says != want {
		w.t.Errorf("kill %v, DO_NOT_TRACK %q, TACIT_TELEMETRY %q, user %v, policy %q, site %v, default %s: %v by %s, want %v",
			kill, dnt, tacit, user, policy, site, preset, d.Says, d.Name, want)
	}
}

func TestEveryInputDecides(t *testing.T) {
	for _, c := range []struct {
		name  string
		set   func(*world)
		state State
	}{
		{"programme", func(*world) {}, On},
		{"kill_file", func(w *world) { w.write(w.path("off"), "") }, Off},
		{"do_not_track", func(w *world) { w.env["DO_NOT_TRACK"] = "1" }, Off},
		{"tacit_telemetry", func(w *world) { w.env["TACIT_TELEMETRY"] = "off" }, Off},
		{"user", func(w *world) { w.off(w.start()) }, Off},
		{"user", func(w *world) { w.on(w.start()) }, On},
		{"machine_policy", func(w *world) { w.write(w.path("policy.yaml"), "participation: off\n") }, Off},
		{"machine_policy", func(w *world) { w.write(w.path("policy.yaml"), "participation: on\n") }, On},
		{"site_policy", func(w *world) { w.relay = true; w.hear(w.start(), off(7)) }, Off},
		{"site_policy", func(w *world) { w.relay = true }, Unknown},
		{"site_policy", func(w *world) { w.relay, w.preset = true, registry.DefaultAsk; w.hear(w.start(), on(7)) }, On},
		{"programme", func(w *world) { w.preset = registry.DefaultAsk }, Unknown},
		{"programme", func(w *world) { w.preset = registry.DefaultOff }, Off},
	} {
		t.Run(fmt.Sprintf("%s %v", c.name, c.state), func(t *testing.T) {
			w := newWorld(t)
			c.set(w)
			d := w.start().Decide()
			w.want(d, c.state, c.name)
			if len(d.Inputs) != 7 {
				t.Errorf("got %d inputs, want all 7", len(d.Inputs))
			}
			for _, in := range d.Inputs {
				if in.Name == "" || in.Source == "" || in.Reason == "" {
					t.Errorf("input %+v does not explain itself", in)
				}
			}
		})
	}
}

// A yes answers a programme that asks, and overrules nothing.
func TestYesAnswersOnlyTheProgramme(t *testing.T) {
	w := newWorld(t)
	for _, preset := range []registry.Default{registry.DefaultAsk, registry.DefaultOff} {
		w.preset = preset
		w.on(w.start())
		w.want(w.start().Decide(), On, "user")
	}
	w.write(w.path("policy.yaml"), "participation: off\n")
	w.want(w.start().Decide(), Off, "machine_policy")
	w.write(w.path("policy.yaml"), "participation: on\n")
	w.env["DO_NOT_TRACK"] = "1"
	w.want(w.start().Decide(), Off, "do_not_track")
}

func TestEnvironmentWords(t *testing.T) {
	for _, c := range []struct {
		variable, value string
		want            State
	}{
		{"DO_NOT_TRACK", "", NoOpinion}, {"DO_NOT_TRACK", "0", NoOpinion}, {"DO_NOT_TRACK", "false", NoOpinion}, {"DO_NOT_TRACK", "FALSE", NoOpinion},
		{"DO_NOT_TRACK", "1", Off}, {"DO_NOT_TRACK", "true", Off}, {"DO_NOT_TRACK", "no", Off}, {"DO_NOT_TRACK", "off", Off}, {"DO_NOT_TRACK", "please", Off}, {"DO_NOT_TRACK", "00", Off},
		{"TACIT_TELEMETRY", "", NoOpinion}, {"TACIT_TELEMETRY", "on", NoOpinion}, {"TACIT_TELEMETRY", "1", NoOpinion}, {"TACIT_TELEMETRY", "ann", NoOpinion},
		{"TACIT_TELEMETRY", "off", Off}, {"TACIT_TELEMETRY", "OFF", Off}, {"TACIT_TELEMETRY", "0", Off}, {"TACIT_TELEMETRY", "false", Off}, {"TACIT_TELEMETRY", "no", Off}, {"TACIT_TELEMETRY", " off ", Off},
	} {
		w := newWorld(t)
		w.env[c.variable] = c.value
		in := input(w.start().Decide(), strings.ToLower(c.variable))
		if in.Says != c.want {
			t.Errorf("%s=%q says %v, want %v", c.variable, c.value, in.Says, c.want)
		}
		if strings.Contains(in.Value+in.Reason, "ann") || strings.Contains(in.Value+in.Reason, "please") {
			t.Errorf("%s=%q is repeated: %+v", c.variable, c.value, in)
		}
	}
}

func TestDecisionAsJSON(t *testing.T) {
	w := newWorld(t)
	w.write(w.path("off"), "")
	b, err := json.Marshal(w.start().Decide())
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		State  string
		By     string
		Inputs []struct{ Name, Says string }
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.State != "off" || got.By != "kill_file" || got.Inputs[1].Says != "no opinion" {
		t.Errorf("got %s", b)
	}
}

func TestStateWords(t *testing.T) {
	for _, s := range []State{Unknown, On, Off, NoOpinion} {
		var back State
		if err := back.UnmarshalText([]byte(s.String())); err != nil || back != s {
			t.Errorf("%v reads back as %v, %v", s, back, err)
		}
	}
	var s State
	if err := s.UnmarshalText([]byte("maybe")); err == nil {
		t.Error("read a word that is no state")
	}
	if s != Unknown || State(99).String() != "unknown" {
		t.Error("what is no state is not unknown")
	}
}
