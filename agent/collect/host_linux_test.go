package collect

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// shell asks the system's own tools, which share no code with the sources.
func shell(t *testing.T, command string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "sh", "-c", command).Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return strings.TrimSpace(string(out))
}

func shellNumber(t *testing.T, command string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(shell(t, command), 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return n
}

func TestFactsAsTheSystemTellsThem(t *testing.T) {
	dir := t.TempDir()
	facts := gather(t, Config{DataDir: dir})

	version := shell(t, `. /etc/os-release; echo "${VERSION_ID:-rolling}"`)
	if got := facts["os.version"].Text; got != version {
		t.Errorf("os.version = %q, /etc/os-release says %q", got, version)
	}
	if got := facts["os.type"].Text; got != strings.ToLower(shell(t, "uname -s")) {
		t.Errorf("os.type = %q", got)
	}
	if got, want := facts["host.cpu.cores"].Number, shellNumber(t, "nproc"); got != want || got != int64(runtime.NumCPU()) {
		t.Errorf("host.cpu.cores = %d, nproc says %d", got, want)
	}
	want := shellNumber(t, "sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo")
	if got := facts["host.memory"].Number; got != want*1024 {
		t.Errorf("host.memory = %d, /proc/meminfo says %d KiB", got, want)
	}
	near(t, "host.uptime", facts["host.uptime"].Number, shellNumber(t, "cut -d. -f1 /proc/uptime"), 5)
	// Others write to this volume meanwhile.
	near(t, "host.disk.free", facts["host.disk.free"].Number, shellNumber(t, "df -B1 --output=avail '"+dir+"' | tail -1"), 4<<30)
	rss := shellNumber(t, fmt.Sprintf("sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\) kB/\\1/p' /proc/%d/status", os.Getpid()))
	near(t, "tacit.process.memory", facts["tacit.process.memory"].Number, rss*1024, 32<<20)
}

func near(t *testing.T, name string, got, want, within int64) {
	t.Helper()
	if got <= 0 || max(got-want, want-got) > within {
		t.Errorf("%s = %d, the system says %d", name, got, want)
	}
}
