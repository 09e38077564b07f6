package attack

import (
	"bytes"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// healthAddress is where a daemon tells how it is.
func (p *part) healthAddress(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(p.Told(t, "health"))
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// keptWaiting ends the store, so that what the agent sends meanwhile stays in
// the edge's stream, with a canary, and searches it there.
func (f *plantedField) keptWaiting() {
	f.store.Interrupt(f.t)
	f.keepLog(f.store, "until it was ended")
	before := f.edge.Metric(f.t, "tacit_relay_key_list_version")
	f.ledger.MustOffer(f.t, f.dir, 3)
	envelope := envelopeWith(canary)
	rig.Eventually(f.t, "the edge has an envelope with a canary", func() bool {
		name := crand.Text()
		f.tell("tcp", f.site.Told(f.t, "listens on"), fmt.Sprintf("%sSUB _INBOX.%s.* 1\r\nPUB tacit.put _INBOX.%s.x %d\r\n%s\r\nPING\r\n", f.enter(name, "x"), name, name, len(envelope), envelope))
		return holds(f.t, filepath.Join(f.edge.Data, "relay", "stream"), canary)
	})
	f.seen.files(f.t, "of the edge while the store is away", f.edge.Data)
	f.store.Start(f.t)
	f.store.WaitReady(f.t)
	if now := f.edge.Metric(f.t, "tacit_relay_key_list_version"); now < before {
		f.t.Errorf("the edge's key list went from %v to %v", before, now)
	}
	f.arrives()
}

// holds says whether a file below dir holds a text.
func holds(t testing.TB, dir, text string) (found bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // it is gone again
		}
		b, err := os.ReadFile(path)
		found = found || err == nil && bytes.Contains(b, []byte(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// full fills all disks while the product reports and the administrator decides.
// How long it takes until all goes on is measured elsewhere: what comes next
// starts everything anew.
func (f *plantedField) full() {
	for _, p := range f.parts() {
		p.disk.Fill(f.t)
	}
	f.offered()
	f.keepPage("the console's answer on a full disk", f.admin.Submit(f.t, f.admin.Get(f.t, rig.CloudServices), rig.SaveButton, map[string]string{rig.CEIPBox: "on"}))
	for _, args := range [][]string{{"why"}, {"send"}, {"outbox", "verify"}, {"preview"}} {
		f.agentSays(args...)
	}
	f.storeSays("lookup", f.id, "--json")
	f.health("on full disks")
	for _, p := range f.parts() {
		if gone(p.Process) {
			f.t.Errorf("%s ended on a full disk: %s", p.name, p.Text())
		}
		p.disk.Free(f.t)
	}
}

// dies sends each part, in turn, a signal that leaves a core file, and starts it
// again.
func (f *plantedField) dies(random *rand.Rand) {
	signals := []syscall.Signal{syscall.SIGABRT, syscall.SIGQUIT, syscall.SIGSEGV, syscall.SIGBUS}
	random.Shuffle(len(signals), func(i, j int) { signals[i], signals[j] = signals[j], signals[i] })
	f.offered()
	for i, p := range f.parts() {
		f.t.Logf("%s dies of %v", p.name, signals[i])
		limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", p.PID()))
		if err != nil || !bytes.Contains(limits, []byte("Max core file size        0                    0 ")) {
			f.t.Errorf("a core file of %s has no limit: %v\n%s", p.name, err, limits)
		}
		if err := syscall.Kill(p.PID(), signals[i]); err != nil {
			f.t.Fatal(err)
		}
		rig.Eventually(f.t, p.name+" has died", func() bool { return gone(p.Process) })
		f.keepLog(p, "until "+signals[i].String())
		f.seen.files(f.t, "of "+p.name+" after a signal", p.Data)
		leftNothing(f.t, p)
		p.Start(f.t)
	}
	f.site.WaitReady(f.t)
	f.arrives()
}

// leftNothing checks that a part has left nothing where it ran: no core file.
func leftNothing(t testing.TB, p *part) {
	t.Helper()
	if left, err := os.ReadDir(p.core); err != nil || len(left) > 0 {
		t.Errorf("%s left %v where it ran: %v", p.name, left, err)
	}
}

// gone says whether a process has ended and was waited for.
func gone(p *rig.Process) bool { return errors.Is(syscall.Kill(p.PID(), 0), syscall.ESRCH) }

// coresAreWritten is the control of there being none: a shell leaves one in the
// same place.
func (f *plantedField) coresAreWritten() {
	dir := f.t.TempDir()
	c := exec.CommandContext(f.t.Context(), "/bin/sh", "-c", "ulimit -c unlimited; kill -ABRT $$")
	c.Dir = dir
	_ = c.Run() // it dies
	if left, err := os.ReadDir(dir); err != nil || len(left) == 0 {
		f.t.Logf("core files do not go into the directory on this machine: only the limit is looked at (%v)", err)
	}
}

// damaged ends everything, and starts each part, and the commands that look at
// files, on copies of its data in which a file holds secrets.
func (f *plantedField) damaged(random *rand.Rand) {
	for _, p := range slices.Backward(f.parts()) {
		p.Interrupt(f.t)
		f.keepLog(p, "until it was ended")
	}
	const copies = 2
	for _, p := range f.parts() {
		for range copies {
			f.damage(p, random)
		}
	}
	for _, p := range f.parts() {
		p.Start(f.t)
	}
	f.site.WaitReady(f.t)
	f.store.WaitReady(f.t)
	f.arrives()
}

// damage damages one file of a copy, and keeps what is said of it.
func (f *plantedField) damage(p *part, random *rand.Rand) {
	f.t.Helper()
	data, keys := filepath.Join(f.t.TempDir(), "d"), filepath.Join(f.t.TempDir(), "k")
	from, to := []string{p.Data}, []string{data}
	if p == f.store {
		from, to = append(from, f.keys), append(to, keys)
	}
	var files []string
	for i := range from {
		if out, err := exec.CommandContext(f.t.Context(), "cp", "-a", from[i], to[i]).CombinedOutput(); err != nil {
			f.t.Fatalf("copy: %v: %s", err, out)
		}
		files = append(files, regular(f.t, to[i])...)
	}
	file := files[random.IntN(len(files))]
	f.t.Logf("%s: damaged %s", p.name, filepath.Base(file))
	overwrite(f.t, file, random)
	config := filepath.Join(f.t.TempDir(), "damaged.yaml")
	b, err := os.ReadFile(p.Config)
	if err != nil {
		f.t.Fatal(err)
	}
	f.write(config, string(b))
	edits := rig.Edits{"data": data}
	if p == f.store {
		edits["keys"] = keys
	}
	rig.EditFile(f.t, config, edits)
	command := f.dying(p, config)
	run := command.Start(f.t, data)
	rig.Eventually(f.t, p.name+" ends or runs", func() bool { return gone(run) || strings.Contains(run.Text(), " runs; ") })
	var said strings.Builder
	for _, args := range f.lookers(p, data, config) {
		r := rig.Command{Path: p.binary, Args: args, Env: f.environment()}.Run(f.t)
		said.WriteString(r.Stdout + r.Stderr)
	}
	if !gone(run) {
		_ = syscall.Kill(run.PID(), syscall.SIGTERM) // it may end now
		rig.Eventually(f.t, p.name+" ends on a damaged file", func() bool { return gone(run) })
	}
	said.WriteString(run.Text())
	f.seen.printed("what a damaged "+strings.TrimPrefix(p.name, "the ")+" says", said.String(), data, f.id, f.spoken)
}

// lookers are the commands that look at what a part keeps.
func (f *plantedField) lookers(p *part, data, config string) [][]string {
	switch p {
	case f.host:
		return [][]string{{"why", "--data", data}, {"outbox", "verify", "--data", data}, {"outbox", "list", "--data", data}, {"preview", "--data", data}}
	case f.store:
		return [][]string{{"store", "verify", "--config", config}, {"lookup", f.id, "--data", data}}
	}
	return [][]string{{"relay", "config", "check", "--config", config}}
}

// regular returns the files below dir that are not empty.
func regular(t testing.TB, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Size() > 0 {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files below %s: %v", len(files), dir, err)
	}
	return files
}

// overwrite puts secrets in a file: in place of all of it, as JSON, at its end,
// or somewhere within.
func overwrite(t testing.TB, file string, random *rand.Rand) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	in := secretsIn(inDamage)
	text := []byte(strings.Join(in.sentences(), "\n"))
	switch random.IntN(4) {
	case 0:
		b = text
	case 1:
		b = fmt.Appendf(nil, `{"installation_id": %q, %q: %q}`, in.licence, in.customer, text)
	case 2:
		b = append(b, text...)
	default:
		at := random.IntN(len(b))
		copy(b[at:], text)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
