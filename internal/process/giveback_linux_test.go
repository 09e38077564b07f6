package process

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// ofFiles returns how many KiB of files are in this process's memory.
func ofFiles(t *testing.T) (kib int) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if n, _ := fmt.Sscanf(line, "RssFile: %d kB", &kib); n == 1 {
			return kib
		}
	}
	t.Fatal("no RssFile")
	return 0
}

// TestGiveBack has all of this program in memory, and less of it afterwards: it
// is a small one, of which a test uses much.
func TestGiveBack(t *testing.T) {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size := uintptr(0)
	for _, a := range unchanged(f) {
		if _, _, errno := unix.RawSyscall(unix.SYS_MADVISE, a.from, a.to-a.from, unix.MADV_POPULATE_READ); errno == unix.EINVAL {
			t.Skip("this kernel brings nothing into memory when it is told to")
		}
		size += (a.to - a.from) / 1024
	}
	before := ofFiles(t)
	if size == 0 || before < int(size) {
		t.Fatalf("%d KiB of %d are in memory", before, size)
	}
	GiveBack()
	if after := ofFiles(t); after > before*3/4 {
		t.Errorf("%d KiB of files are in memory, %d were", after, before)
	}
}

// TestUnchanged names what may be taken out of memory, and what may not.
func TestUnchanged(t *testing.T) {
	const smaps = `00400000-0092c000 r-xp 00000000 fe:00 126430                             /opt/a dir/agent
Size:               5296 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
0092c000-00e94000 r--p 0052c000 fe:00 126430                             /opt/a dir/agent
Anonymous:             8 kB
00e94000-00f05000 rw-p 00a94000 fe:00 126430                             /opt/a dir/agent
Anonymous:             0 kB
299adc800000-299add400000 r--p 00000000 00:00 0
Anonymous:             0 kB
7f58ebab7000-7f58ebab9000 r-xp 00000000 00:00 0                          [vdso]
Anonymous:             0 kB
b7c00000-b7c10000 r--s 00000000 fe:00 77                         /usr/lib/locale (deleted)
Anonymous:             0 kB
what is this
Anonymous:             0 kB
`
	want := []area{{0x400000, 0x92c000}, {0xb7c00000, 0xb7c10000}}
	if got := unchanged(strings.NewReader(smaps)); !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}
