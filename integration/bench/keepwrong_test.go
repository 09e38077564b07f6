//go:build linux

package bench

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// mistake is a command that cannot be done, and what is said to it.
type mistake struct {
	code int
	says string
	args []string
}

// refuses gives the commands what they cannot do, and wants that each says so
// and changes nothing.
func (k *keeper) refuses(t *testing.T) {
	dir, empty := t.TempDir(), rig.Dir(t)
	none, bare := filepath.Join(dir, "none"), filepath.Join(dir, "bare")
	if err := os.Mkdir(bare, 0o700); err != nil {
		t.Fatal(err)
	}
	from, to := k.first.String(), k.last.String()
	k.refusesAll(t, []mistake{
		{2, "--out", []string{"backup"}},
		{1, "none", []string{"backup", "--out", filepath.Join(none, "file")}},
		{1, "it is a directory", []string{"backup", "--out", bare}},
		{2, "accepts 1 arg", []string{"restore"}},
		{1, "there is a store already", []string{"restore", k.older.file}},
		{1, "none", []string{"restore", none, "--data", empty}},
		{1, "--keys", []string{"restore", k.older.file, "--data", empty, "--keys", bare}},
		{1, "none", []string{"verify", "--backup", none}},
		{1, "no store", []string{"verify", "--data", empty}},
		{2, "no build", []string{"recall", "--from", from, "--to", to}},
		{2, "no days", []string{"recall", "--agent", leakyBuild}},
		{2, "before --from", []string{"recall", "--agent", leakyBuild, "--from", to, "--to", from}},
		{2, `"yesterday"`, []string{"recall", "--agent", leakyBuild, "--from", "yesterday", "--to", to}},
		{2, "accepts 1 arg", []string{"erase"}},
		{1, "nothing was typed", []string{"erase", "-"}},
		{1, "99", []string{"keys", "rotate", "--destroy", "99"}},
	})
	k.absent(t, filepath.Join(empty, "store"))
	var got struct{ Pages int }
	k.must(t, &got, "store", "recall", "--agent", "9.9.9", "--from", from, "--to", to)
	if got.Pages != 0 {
		t.Errorf("%d pages of a build that nobody has were recalled", got.Pages)
	}
}

func (k *keeper) refusesAll(t *testing.T, mistakes []mistake) {
	t.Helper()
	for _, m := range mistakes {
		k.refused(t, m.code, m.says, append([]string{"store"}, m.args...)...)
	}
}

// refusesDamaged gives restore and verify a backup that lacks its last bytes,
// which stand there again afterwards.
func (k *keeper) refusesDamaged(t *testing.T) {
	file, empty := k.newer.file, rig.Dir(t)
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	last, err := lastBytes(file, info.Size()-100)
	if err == nil {
		err = os.Truncate(file, info.Size()-100)
	}
	if err != nil {
		t.Fatal(err)
	}
	k.refusesAll(t, []mistake{
		{1, "not a whole backup", []string{"restore", file, "--data", empty}},
		{1, "not a whole backup", []string{"verify", "--backup", file}},
	})
	k.absent(t, filepath.Join(empty, "store"))
	k.absent(t, filepath.Join(empty, "store.partial"))
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(last)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// lastBytes returns what a file holds from a place on.
func lastBytes(path string, from int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return nil, err
	}
	return io.ReadAll(f)
}
