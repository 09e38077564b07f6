package door

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync/atomic"
)

// bridge passes the server's warnings and errors to slog. What the server says
// about one connection is counted and not logged: such lines carry texts that
// clients chose. Addresses and the stream's directory are taken out of the
// rest, though the server should know no address, and so is what it quotes,
// but for its own files: it quotes what it reads in a damaged one.
type bridge struct {
	log     *slog.Logger
	dir     string
	fatal   atomic.Pointer[string]
	clients atomic.Uint64
}

func newBridge(log *slog.Logger, dir string) *bridge {
	return &bridge{log: log, dir: dir}
}

var addresses = regexp.MustCompile(`\[?[0-9A-Fa-f]*(:[0-9A-Fa-f]*){2,}\]?(:\d+)?|\d{1,3}(\.\d{1,3}){3}(:\d+)?`)

func (b *bridge) pass(level slog.Level, format string, v []any) {
	text := fmt.Sprintf(format, v...)
	if strings.Contains(text, "cid:") {
		b.clients.Add(1)
		return
	}
	if b.dir != "" {
		text = strings.ReplaceAll(text, b.dir, "DIR")
	}
	text = quotes.ReplaceAllStringFunc(text, func(quote string) string {
		if b.dir != "" && strings.HasPrefix(quote, `"DIR/`) {
			return quote
		}
		return "(text)"
	})
	b.log.Log(context.Background(), level, "embedded server", slog.String("text", addresses.ReplaceAllString(text, "(address)")))
}

// quotes matches what %q writes.
var quotes = regexp.MustCompile(`"(\\.|[^"\\])*"`)

// Noticef implements [server.Logger].
func (b *bridge) Noticef(string, ...any) {}

// Debugf implements [server.Logger].
func (b *bridge) Debugf(string, ...any) {}

// Tracef implements [server.Logger].
func (b *bridge) Tracef(string, ...any) {}

// Warnf implements [server.Logger].
func (b *bridge) Warnf(format string, v ...any) { b.pass(slog.LevelWarn, format, v) }

// Errorf implements [server.Logger].
func (b *bridge) Errorf(format string, v ...any) { b.pass(slog.LevelError, format, v) }

// Fatalf implements [server.Logger]. It keeps the text for Start instead of
// ending the process.
func (b *bridge) Fatalf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	b.fatal.CompareAndSwap(nil, &text)
}

func (b *bridge) fatalText() string {
	if p := b.fatal.Load(); p != nil {
		return *p
	}
	return ""
}
