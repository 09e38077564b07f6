package datadir

import (
	"os"
	"path/filepath"
	"runtime"
)

// Names of endpoints in DIR/run.
const (
	AgentSocket = "agent" // the local API: everybody on this host
	StoreSocket = "store" // lookups: the owner
)

// System returns the data directory of the agent that the system starts.
func System() Dir {
	switch runtime.GOOS {
	case "windows":
		return Dir(filepath.Join(os.Getenv("ProgramData"), "Tacit"))
	case "darwin":
		return "/Library/Application Support/Tacit"
	}
	return "/var/lib/tacit"
}

// SystemRun returns the run directory of the agent that the system starts.
func SystemRun() string { return System().Run() }
