package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/store/upkeep"
)

// progress shows on stderr how far a long task is: one line, drawn over, and
// only when it is a terminal.
type progress struct {
	to    io.Writer // nil: nobody looks
	act   string
	since time.Time
	shown int // runes that stand on the line
}

func newProgress(env *cli.Env) *progress {
	if f, ok := env.Err.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &progress{to: f}
	}
	return &progress{}
}

// step is an [upkeep.Progress].
func (p *progress) step(s upkeep.Step) {
	if p.to == nil {
		return
	}
	if s.Act != p.act {
		p.act, p.since = s.Act, time.Now()
	}
	line := s.Act
	if s.Total > 0 {
		part := min(1, float64(s.Done)/float64(s.Total))
		line += fmt.Sprintf("  %3.0f %%", 100*part)
		if ran := time.Since(p.since); part > 0.01 && ran > 3*time.Second {
			left := time.Duration(float64(ran) * (1 - part) / part)
			line += fmt.Sprintf("  %s left", left.Round(time.Second))
		}
	}
	p.draw(line)
}

// say shows what is done now, of a task that has no steps.
func (p *progress) say(format string, args ...any) {
	if p.to != nil {
		p.draw(fmt.Sprintf(format, args...))
	}
}

// done clears the line, for others to write on.
func (p *progress) done() {
	if p.to != nil && p.shown > 0 {
		p.draw("")
		p.shown = 0
		fmt.Fprint(p.to, "\r")
	}
}

func (p *progress) draw(line string) {
	n := len([]rune(line))
	fmt.Fprintf(p.to, "\r%s%*s", line, max(0, p.shown-n), "")
	p.shown = n
}
