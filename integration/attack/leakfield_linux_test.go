package attack

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
	"github.com/tacit-telemetry/tacit/internal/testhost"
)

// part is one of Tacit's daemons, on a disk of its own.
type part struct {
	*rig.Daemon
	name, binary string
	command      []string // what comes before --config
	core         string   // where it runs, and a core file would lie
	disk         *testhost.Volume
}

// plantedField is Tacit as in the field, on one planted host.
type plantedField struct {
	*story                  // of the agent
	edge, site, store, host *part
	keys                    string // of the store
	credential              string // of the site
	admin                   *rig.Admin
	ledger                  rig.Ledger
}

// quick are the times that a test cannot wait for.
var quick = rig.Edits{"pool.min_peers": 1, "pool.max_wait": "200ms", "pool.flush_every": "50ms"}

// with returns the edits and what each part needs.
func edited(edits ...rig.Edits) rig.Edits {
	all := rig.Edits{}
	for _, e := range edits {
		for key, value := range e {
			all[key] = value
		}
	}
	return all
}

// newPlantedField starts the parts one after the other, each without TLS.
func newPlantedField(t *testing.T, host []identifier) *plantedField {
	t.Helper()
	home := filepath.Join(plantedHomes, plantedUser)
	f := &plantedField{story: newStory(t, home, texts(host))}
	f.users = []string{plantedUser, plantedOther}
	registry, otlp := rig.ExampleRegistry(t), testhost.FreeAddress(t)
	f.otlp = "http://" + otlp
	edge, site := testhost.FreeAddress(t), testhost.FreeAddress(t)
	base := filepath.Join(home, secretsIn(inDirectory).customer)
	f.edge = f.start("the edge", "tacit/edge.yaml", base+"-e", "256m", edited(quick, rig.Edits{
		"tls": "off", "listen": edge, "addresses": []string{edge}, "metrics": testhost.FreeAddress(t), "stream.max_size": "64MiB",
	}), "relay")
	f.keys = base + "-k"
	f.store = f.start("the store", "tacit/store.yaml", base+"-s", "1g", rig.Edits{
		"keys": f.keys, "relays": []string{"nats://" + edge}, "fingerprint": "", "metrics": testhost.FreeAddress(t), "registries": [][]string{registry},
		"credential": f.edge.secret(t, "store-channel"),
	}, "store")
	vendor := f.store.Told(t, "vendor_key")
	rig.Eventually(t, "the edge has the store's key list", func() bool { return f.edge.Metric(t, "tacit_relay_key_list_version") > 0 })
	f.site = f.start("the site", "tacit/site.yaml", base+"-r", "64m", edited(quick, rig.Edits{
		"tls": "off", "listen": site, "addresses": []string{site}, "console": testhost.FreeAddress(t), "metrics": testhost.FreeAddress(t), "vendor_key": vendor,
		"console_agent": f.dir, "registry": registry, "next.relays": []string{"nats://" + edge}, "next.fingerprint": "",
		"next.credential": f.edge.secret(t, "channel"),
	}), "relay")
	f.site.WaitReady(t)
	f.credential = f.site.secret(t, "channel")
	f.host = f.start("the agent", "tacit-agent/agent.yaml", f.dir, "128m", rig.Edits{
		"relays": []string{"nats://" + site}, "fingerprint": "", "credential": f.credential, "vendor_key": vendor,
		"grace": "0s", "interval": "500ms", "window": "100ms", "registry": registry, "otlp": otlp,
	})
	f.id, f.spoken = rig.ID(t, f.dir), strings.TrimSpace(f.command("", "id", "--spoken").Run(t).Stdout)
	f.coresAreWritten()
	return f
}

func (f *plantedField) parts() []*part { return []*part{f.edge, f.store, f.site, f.host} }

// start gives a part a disk of a size, with secrets in its name, and a
// configuration with secrets in comments, and starts it.
func (f *plantedField) start(name, example, data, size string, edits rig.Edits, command ...string) *part {
	f.t.Helper()
	if err := os.MkdirAll(data, 0o755); err != nil {
		f.t.Fatal(err)
	}
	disk := testhost.Mount(f.t, data, size)
	config := rig.Example(f.t, example, edited(edits, rig.Edits{"data": data}))
	comment(f.t, config)
	p := &part{name: name, binary: rig.Binary(f.t, filepath.Dir(example)), command: command, core: f.t.TempDir(), disk: disk}
	p.Daemon = &rig.Daemon{Data: data, Config: config, Command: f.dying(p, config)}
	p.Start(f.t)
	return p
}

// secret reads a credential that a relay made for itself.
func (p *part) secret(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(p.Data, "keys", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// comment adds a comment with secrets to a configuration.
func comment(t testing.TB, config string) {
	t.Helper()
	b, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range secretsIn(inConfiguration).sentences() {
		b = append(b, "# "+text+"\n"...)
	}
	if err := os.WriteFile(config, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// dying is a part's command where a core file may be as large as it wants, and
// Go is told to leave one.
func (f *plantedField) dying(p *part, config string) rig.Command {
	args := append([]string{"-c", `ulimit -c unlimited; exec "$@"`, "sh", p.binary}, p.command...)
	return rig.Command{
		Path: "/bin/sh", Args: append(args, "--verbose", "--config", config), Dir: p.core,
		Env: append(f.environment(), "GOTRACEBACK=crash"),
	}
}

var setupCode = regexp.MustCompile(`(?m)^setup code (\S+): `)

// setUp makes the administrator's account.
func (f *plantedField) setUp() {
	f.t.Helper()
	f.admin = rig.NewAdmin(f.t, f.site.Told(f.t, "console"))
	f.admin.Client.Transport = newBrowser(admin)
	rig.Eventually(f.t, "the site's relay prints a setup code", func() bool { return setupCode.MatchString(f.site.Text()) })
	code := setupCode.FindStringSubmatch(f.site.Text())[1]
	if p := f.admin.SetUp(f.t, code, account, password); p.URL.Path == "/setup" {
		f.t.Fatalf("set up: %d: %s", p.Status, p.Text())
	}
	rig.Eventually(f.t, "the agent has heard the site's decision", func() bool { return strings.Contains(f.agentSays("why", "--json"), `"state": "on"`) })
	f.arrives()
}

// agentSays runs a user's command of the agent, and keeps what it prints.
func (f *plantedField) agentSays(args ...string) string {
	f.t.Helper()
	r := f.agent(append(args, "--data", f.dir)...).Run(f.t)
	f.seen.printed("stdout of tacit-agent "+args[0], r.Stdout, f.dir, f.id, f.spoken)
	f.seen.printed("stderr of tacit-agent "+args[0], r.Stderr, f.dir)
	return r.Stdout
}

// arrives offers records and waits until the store has them.
func (f *plantedField) arrives() {
	f.t.Helper()
	rig.Eventually(f.t, "the agent takes records", func() bool {
		answers, err := f.ledger.Offer(f.t.Context(), f.dir, 3)
		return err == nil && answers[0].Accepted()
	})
	rig.Eventually(f.t, "what the agent accepted is stored", func() bool {
		r := rig.Tacit(f.t, "lookup", f.id, "--data", f.store.Data).Run(f.t)
		return r.Code == 0 && len(rig.Missing(rig.Lookup(f.t, f.store.Data, f.id), f.ledger.Accepted())) == 0
	})
}

// keepLog keeps what a part has printed, without the name of its directory in
// the one line that says where it runs.
func (f *plantedField) keepLog(p *part, moment string) {
	var kept strings.Builder
	for line := range strings.Lines(p.Text()) {
		if strings.HasPrefix(line, "tacit") && strings.Contains(line, " runs; ") {
			line = strings.NewReplacer(f.keys, "K", p.Data, "D", "~"+strings.TrimPrefix(p.Data, filepath.Join(plantedHomes, plantedUser)), "D").Replace(line)
		}
		if !strings.HasPrefix(line, "setup code ") { // for the administrator alone
			kept.WriteString(line)
		}
	}
	f.seen.printed(fmt.Sprintf("the log of %s %s", p.name, moment), kept.String(), p.Data)
}

// keepAll keeps every byte on every disk, every log, and what the daemons say
// of themselves.
func (f *plantedField) keepAll(moment string) {
	f.t.Helper()
	for _, p := range f.parts() {
		f.keepLog(p, moment)
		f.seen.files(f.t, "of "+p.name+" "+moment, p.Data)
		leftNothing(f.t, p)
		if exists(p.Data + ".witness") {
			f.seen.files(f.t, "beside the data of "+p.name, p.Data+".witness")
		}
	}
	f.seen.files(f.t, "of the store's keys", f.keys)
	f.health(moment)
}

// ends ends all parts as their administrator does.
func (f *plantedField) ends() {
	for _, p := range f.parts() {
		if _, code := p.Interrupt(f.t); code != 0 {
			f.t.Errorf("%s ended with %d", p.name, code)
		}
		f.keepLog(p, "until Ctrl-C")
	}
}
