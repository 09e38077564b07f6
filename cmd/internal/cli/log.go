package cli

import "log/slog"

// Logger returns the logger of a daemon: text on stderr, troubles only, or
// with verbose everything. What is logged names no payload, person or address.
func (e *Env) Logger(verbose bool) *slog.Logger {
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(e.Err, &slog.HandlerOptions{Level: level}))
}
