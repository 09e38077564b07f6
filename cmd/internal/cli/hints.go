package cli

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
)

// hintFor returns what to do about an error that can happen to any command.
func hintFor(err error) string {
	var (
		held    *datadir.HeldError
		problem *local.Problem
		path    *fs.PathError
	)
	switch {
	case errors.Is(err, context.Canceled): // by Ctrl-C: nothing else ends a command before its time
		return "run the same command again"
	case errors.As(err, &problem):
		return problem.Hint
	case errors.As(err, &held):
		return "ask that process with the same command and --data, or end it first"
	case errors.Is(err, datadir.ErrDemo):
		return "name another directory: with --data, or as data in the configuration"
	case errors.Is(err, durable.ErrExposed):
		return "take the rights of others away: chmod -R go= on that path, then look who may have read it"
	case errors.Is(err, identity.ErrCorrupt):
		return "put a backup of the file back, or remove it to become a new installation; the old history stays readable with the old ID"
	case errors.Is(err, durable.ErrDamaged):
		return "put a backup of the file back; nothing was changed"
	case errors.Is(err, local.ErrNotRunning):
		return "start it: tacit up, or the service tacit-agent; --data names another directory"
	case errors.Is(err, envelope.ErrSignature):
		return "the vendor key pinned here is not the one that signs: check the agent's configuration"
	case errors.Is(err, syscall.ENOSPC), strings.Contains(err.Error(), syscall.ENOSPC.Error()): // servers pass it on as text
		return "free space on the volume of the data directory; nothing that was confirmed is lost"
	case errors.Is(err, upload.ErrNoRelay):
		return "is the network up, and the relay? what waits is kept and sent then"
	case errors.Is(err, syscall.EROFS):
		return "that volume can only be read: name a place on another; for data that is --data DIR"
	case errors.Is(err, fs.ErrPermission):
		return "run as the user who owns the data directory, or ask while the agent is running"
	case errors.Is(err, fs.ErrNotExist), errors.As(err, &path):
		return "check the path"
	}
	return ""
}
