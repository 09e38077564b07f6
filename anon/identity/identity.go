// Package identity keeps the installation file: the random installation ID,
// the hashing key and the writer of one host.
//
// It promises that the three are random and never derived from hardware, that
// the file is its owner's only, that its user can have new ones at any time, and
// that a host which was started from a copied disk image notices and makes new
// ones: beside the ID lies a keyed hash of the machine ID, which never leaves the
// host. A file that cannot be
// read or was damaged is an error and is never replaced: a new ID would cut
// the user off from his own history.
package identity

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// FileName is the name of the installation file in its directory.
const FileName = "installation.json"

// ErrCorrupt says that the installation file is there and is not what was
// written. Put a backup of it back, or remove it to become a new installation.
var ErrCorrupt = errors.New("installation file is damaged")

// Installation is what makes this host one installation. Its fields are
// secrets; the type hides them when printed.
type Installation struct {
	ID         uuid.UUID     // version 4; only the user gives it away
	HashingKey [32]byte      // that the keys of treatment hash are derived from; never leaves the host
	Writer     schema.Writer // stands in every page
	Created    time.Time     // whole seconds, UTC
	Remains    bool          // what lies beside the file is another installation's; see Settle
}

// String hides the installation.
func (Installation) String() string { return "identity.Installation{hidden}" }

// GoString hides the installation.
func (i Installation) GoString() string { return i.String() }

// Config says where the installation file lies and which machine this is.
type Config struct {
	Dir       string           // holds the installation file; owner only
	MachineID func() string    // of this machine, "" when it has none; nil: read from the system
	Now       func() time.Time // nil: time.Now
}

func (c *Config) defaults() {
	if c.MachineID == nil {
		c.MachineID = systemMachineID
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

// file is the installation file. Check catches damage that leaves valid JSON.
type file struct {
	Form       int    `json:"form"`
	ID         string `json:"installation_id"`
	HashingKey string `json:"hashing_key"`
	Writer     string `json:"writer"`
	Machine    string `json:"machine,omitempty"`
	Created    string `json:"created"`
	Remains    bool   `json:"remains,omitempty"` // of another installation are not removed yet
	Check      string `json:"check"`
}

// Open reads the installation file, or makes it at the first start. On a
// machine other than the one it was made on it makes a new installation and
// says so in Remains: what the old one had spooled belongs to the other host.
func Open(c Config) (*Installation, error) {
	c.defaults()
	in, err := read(c)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return mint(c, c.Now(), false)
	case errors.Is(err, errOtherMachine):
		return mint(c, c.Now(), true)
	}
	return in, err
}

// Reset makes a new installation in place of the one in the file, at its user's
// order: a new ID, hashing key and writer, none of which has to do with the old
// ones. It says so in Remains, also after a crash, until [Settle]. Created stays:
// this host is as old as it was, and its user was told then.
func Reset(c Config) (*Installation, error) {
	c.defaults()
	old, err := read(c)
	if err != nil && !errors.Is(err, errOtherMachine) {
		return nil, err
	}
	created := c.Now()
	if old != nil {
		created = old.Created
	}
	return mint(c, created, true)
}

func mint(c Config, created time.Time, remains bool) (*Installation, error) {
	in := &Installation{ID: newID(), Remains: remains, Created: created.UTC().Truncate(time.Second)}
	_, _ = rand.Read(in.HashingKey[:]) // crypto/rand.Read never returns an error
	_, _ = rand.Read(in.Writer[:])
	f := file{
		Form: 1, ID: in.ID.String(),
		HashingKey: hex.EncodeToString(in.HashingKey[:]),
		Writer:     hex.EncodeToString(in.Writer[:]),
		Machine:    in.machine(c.MachineID()),
		Created:    in.Created.Format(time.RFC3339),
		Remains:    remains,
	}
	return in, f.write(c.Dir)
}

func (f *file) write(dir string) error {
	f.Check = f.check()
	b, err := json.MarshalIndent(f, "", "  ")
	if err == nil {
		err = durable.WriteFile(filepath.Join(dir, FileName), append(b, '\n'), durable.OwnerFile)
	}
	if err != nil {
		return fmt.Errorf("write installation file: %w", err)
	}
	return nil
}

// Settle notes that what was another installation's is removed: that of the host
// that a disk image came from, or of this host before a reset. The next Open says
// Remains no more.
func Settle(dir string) error {
	f, err := load(dir)
	if err != nil {
		return err
	}
	f.Remains = false
	return f.write(dir)
}

// newID draws a version 4 UUID whose check character is a plain letter or
// digit, so that the spoken ID can be typed in a shell as it is. That leaves 32
// in 37 of all IDs: a fifth of a bit.
func newID() uuid.UUID {
	for {
		id := uuid.New()
		if checkValue(id) < 32 {
			return id
		}
	}
}

var errOtherMachine = errors.New("made on another machine")

// load reads the file and does not look into it.
func load(dir string) (*file, error) {
	path := filepath.Join(dir, FileName)
	b, err := durable.ReadOwnerFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, durable.ErrExposed):
		return nil, fmt.Errorf("read installation file: %w", err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	f := new(file)
	if err := json.Unmarshal(b, f); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, ErrCorrupt) // the library's text may quote the file
	}
	return f, nil
}

func read(c Config) (*Installation, error) {
	f, err := load(c.Dir)
	if err != nil {
		return nil, err
	}
	in, err := f.open()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(c.Dir, FileName), err)
	}
	if m := c.MachineID(); m != "" && f.Machine != "" && !hmac.Equal([]byte(f.Machine), []byte(in.machine(m))) {
		return nil, errOtherMachine
	}
	return in, nil
}

func (f *file) open() (*Installation, error) {
	in := &Installation{Remains: f.Remains}
	var err [4]error
	in.ID, err[0] = uuid.Parse(f.ID)
	in.Created, err[1] = time.Parse(time.RFC3339, f.Created)
	err[2] = fromHex(in.HashingKey[:], f.HashingKey)
	err[3] = fromHex(in.Writer[:], f.Writer)
	if errors.Join(err[:]...) != nil || f.Form != 1 || f.Check != f.check() || in.ID.Version() != 4 {
		return nil, ErrCorrupt
	}
	return in, nil
}

func fromHex(out []byte, s string) error {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(out) {
		return ErrCorrupt
	}
	copy(out, b)
	return nil
}

// check returns a checksum over all other fields. It is against damage, not
// against an attacker, who could read the secrets beside it.
func (f *file) check() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\n%s\n%s\n%s\n%s\n%s\n%t", f.Form, f.ID, f.HashingKey, f.Writer, f.Machine, f.Created, f.Remains))
	return hex.EncodeToString(sum[:8])
}

// machine returns a hash of the machine ID under the hashing key: it tells
// this machine from another, and nothing to anybody else.
func (i *Installation) machine(id string) string {
	if id == "" {
		return ""
	}
	h := hmac.New(sha256.New, i.HashingKey[:])
	h.Write([]byte("machine\x00" + id))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Exists says whether dir holds an installation file. An error means that it
// cannot be told: most likely the directory is somebody else's.
func Exists(dir string) (bool, error) {
	_, err := os.Stat(filepath.Join(dir, FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
