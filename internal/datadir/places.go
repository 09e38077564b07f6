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

// Default returns the data directory that is meant when none is named: the
// system's for root, and for everybody while the system's agent runs; else one
// of the user's own.
func Default() Dir {
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		return System()
	}
	for _, name := range []string{AgentSocket + ".sock", AgentSocket + ".door"} {
		if _, err := os.Stat(filepath.Join(SystemRun(), name)); err == nil {
			return System()
		}
	}
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return Dir(filepath.Join(state, "tacit"))
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return System()
	}
	return Dir(filepath.Join(home, ".local", "state", "tacit"))
}

// SystemRun returns the run directory of the agent that the system starts.
func SystemRun() string { return System().Run() }
