package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// oneMachine says what running together costs, in the words of the design.
const oneMachine = "Everything runs on this one machine: nothing to hide among, and keys and ID lie on one disk.\n" +
	"P3 and P4 start when relay and store are apart."

// banner says, in at most twelve lines, what runs and what to try.
func (h *house) banner(sum upload.Summary, err error) {
	h.env.Printf("Tacit %s is up. Ctrl-C ends it.\n%s\n", cli.Version, oneMachine)
	h.env.Printf("  installation ID  %s\n", h.agent.Installation().Spoken)
	h.env.Printf("  sent             %s\n", h.outcome(sum, err))
	h.env.Printf("  before → after   %s\n", h.beforeAfter())
	h.env.Printf("  console          %s%s\n", h.consoleURL(), h.setupCode())
	h.env.Printf("  desk             %s%s\n", h.desk.url(), setupText(h.deskCode()))
	h.env.Printf("  OpenTelemetry    %s   (for OTEL_EXPORTER_OTLP_ENDPOINT)\n", h.otlpURL())
	name := cli.Shown(os.Args[0])
	h.env.Printf("Try:  %s lookup \"$(%s id%s)\"%s\n", name, name, h.env.Flag(), h.env.Flag())
	h.env.Printf("      %s why%s   (on, and who decided)\n", name, h.env.Flag())
	h.env.Printf("      %s off%s   (on undoes it)\n", name, h.env.Flag())
}

// setupCode says, while nobody has an account at the console, how the first
// administrator gets one.
func (h *house) setupCode() string {
	code, err := h.relay.SetupCode()
	if err != nil {
		h.logger.Error("make a setup code", slog.Any("error", err))
	}
	return setupText(code)
}

func setupText(code string) string {
	if code == "" {
		return ""
	}
	return "   setup code " + code
}

// deskCode is how the first account of the desk is made, while there is none.
func (h *house) deskCode() string {
	code, err := h.desk.SetupCode()
	if err != nil {
		h.logger.Error("make a setup code", slog.Any("error", err))
	}
	return code
}

// printOnce says what one cycle did.
func (h *house) printOnce(sum upload.Summary, c cycle) {
	if c.Reason != "" {
		h.env.Printf("sent nothing: %s\n", c.Reason)
		return
	}
	h.env.Printf("installation ID  %s\n", h.agent.Installation().Spoken)
	h.env.Printf("sent             %s\n", h.outcome(sum, nil))
	h.env.Printf("before → after   %s\n", h.beforeAfter())
}

// outcome says what was sent and stored.
func (h *house) outcome(sum upload.Summary, err error) string {
	switch {
	case err != nil:
		return "nothing yet: " + h.agent.Reason(h.explain(err))
	case sum.Batches == 0 && !h.agent.Why().MaySend:
		return "nothing: " + h.agent.Why().Reason
	case sum.Batches == 0:
		return "nothing yet"
	case len(sum.Kept) > 0:
		refused := 0
		for _, n := range sum.Kept {
			refused += n
		}
		return fmt.Sprintf("%s; the store refused %d", cli.Count(sum.Batches, "envelope"), refused)
	}
	return fmt.Sprintf("%s, %s, replies ok: the first batches were stored", cli.Count(sum.Batches, "envelope"), cli.Sizes(sum.Sizes))
}

// beforeAfter shows on this host's own facts what treatment does. The host's
// name is not read for it.
func (h *house) beforeAfter() string {
	parts := []string{"host name … → dropped"}
	if entries, err := h.agent.Outbox(); err == nil {
		if after := memoryIn(h.agent, entries); after != "" {
			parts = append(parts, fmt.Sprintf("memory %s → %s", h.agent.Memory(context.Background()), after))
		}
	}
	return strings.Join(parts, "; ")
}

// memoryIn finds what was really sent as the memory of this host.
func memoryIn(a interface {
	OutboxEntry(uint64) (local.Entry, error)
}, entries []local.Entry,
) string {
	for i := len(entries) - 1; i >= 0; i-- {
		e, err := a.OutboxEntry(entries[i].Number)
		if err != nil || e.Page == nil {
			continue
		}
		for _, r := range e.Page.Records {
			if r.Metric == "host.memory" {
				return r.Value.Text
			}
		}
	}
	return ""
}
