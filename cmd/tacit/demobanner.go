package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/demo"
)

// demoReport is what `up --demo --once --json` prints.
type demoReport struct {
	Simulated     bool   `json:"simulated"` // always true
	Installations int    `json:"installations"`
	UserID        string `json:"user_id"`
	Issues        string `json:"issues"` // path of the vendor's file
	demoMark
}

// fillOnce fills the demo, and says what is in it.
func (h *house) fillOnce(ctx context.Context) error {
	if err := h.fill(ctx); err != nil {
		return err
	}
	if h.env.JSON {
		return h.env.PrintJSON(demoReport{
			Simulated: true, Installations: demo.Installations, UserID: h.agent.Installation().ID,
			Issues: h.issues(), demoMark: h.mark,
		})
	}
	h.printDemo()
	return nil
}

// runDemo fills the demo, and stays up as `up` does.
func (h *house) runDemo(ctx context.Context) error {
	if err := h.fill(ctx); err != nil {
		return err
	}
	if err := h.start(ctx); err != nil {
		return err
	}
	h.env.Printf("%s. Tacit %s is up with the demo. Ctrl-C ends it.\n%s\n", simulated, cli.Version, oneMachine)
	h.env.Printf("  console          %s%s\n", h.consoleURL(), h.setupCode())
	h.env.Printf("  desk             %s%s\n", h.desk.url(), setupText(h.deskCode()))
	h.printDemo()
	<-ctx.Done()
	return nil
}

// printDemo says what is in the demo, and what to try.
func (h *house) printDemo() {
	h.env.Printf("  %s  %d installations that do not exist, %d days, to %s\n", simulated, demo.Installations, demo.Days, h.mark.Filled.Format(time.DateOnly))
	h.env.Printf("  sent             %s in %s, all confirmed by the store, in %d s\n", cli.Count(h.mark.Records, "record"),
		cli.Count(h.mark.Batches, "envelope"), (h.mark.TookMS+999)/1000)
	h.env.Printf("  the demo's user  %s\n\n", h.agent.Installation().Spoken)
	name := cli.Shown(os.Args[0])
	issues := cli.Shown(h.issues())
	h.env.Printf("Try:  %s lookup %s --issues %s%s   (search fails)\n", name, h.agent.Installation().Spoken, issues, h.env.Flag())
	h.env.Printf("      %s lookup %s%s   (nothing is wrong)\n", name, h.spoken(demo.Sound), h.env.Flag())
	h.env.Printf("      %s insights finder.operation.duration --by service.version%s   (opening is slow since 5.3.0)\n", name, h.env.Flag())
}

// markSimulated says first of all that what a command shows is simulated, when it
// is.
func markSimulated(env *cli.Env, is bool) {
	if is {
		env.Printf("%s: no installation of this store exists\n\n", simulated)
	}
}

// issues is where the vendor's file of known issues is.
func (h *house) issues() string { return filepath.Join(string(h.data), issuesFile) }

// spoken returns the spoken ID of the first installation of that name.
func (h *house) spoken(name string) string {
	for _, n := range h.mark.Named {
		if id, err := uuid.Parse(n.ID); n.Name == name && err == nil {
			return identity.Spoken(id)
		}
	}
	return ""
}
