package secret

import (
	"errors"
	"fmt"
)

// maxHeaders bounds how many derivations Seal does: files under an old
// passphrase and a new one, and one put back from a backup.
const maxHeaders = 4

// Seal seals every secret in dir under the passphrase now, or makes them plain
// files when now is nil, and says how many it changed. What is sealed already
// opens with now or with old, which may be nil. A crash leaves some changed:
// Seal again goes on. No store may be running on the secrets: for that there is
// [Box.Seal]. Errors wrap [ErrPassphrase].
func Seal(dir string, old, now Passphrase) (changed int, err error) {
	b := &Box{dir: dir}
	changed, err = b.seal(old, now)
	return changed, err
}

// Seal is the function Seal for secrets that are open: everything that is read
// and written afterwards is sealed under now, or plain when now is nil. The key
// of the box opens nothing for it: whoever changes the passphrase knows the one
// before, whether a store runs or not.
func (b *Box) Seal(old, now Passphrase) (changed int, err error) { return b.seal(old, now) }

func (b *Box) seal(old, now Passphrase) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	files, err := scan(b.dir)
	if err != nil {
		return 0, fmt.Errorf("seal secrets: %w", err)
	}
	if len(files) == 0 {
		return 0, errors.New("seal secrets: there are none; fix: name the directory of the store's keys")
	}
	keys, err := keysOf(files, old, now)
	if err != nil {
		return 0, fmt.Errorf("seal secrets: %w", err)
	}
	target, contents, err := plan(files, keys, now)
	if err != nil {
		return 0, fmt.Errorf("seal secrets: %w", err)
	}
	changed := 0
	for i, f := range files {
		if target == nil && !f.sealed() || target != nil && target.header == f.header {
			continue
		}
		if err := writeFile(f.dir, f.name, contents[i], target); err != nil {
			return changed, fmt.Errorf("seal secrets: %w", err)
		}
		changed++
	}
	b.key = target
	return changed, nil
}

// candidate is a key that may open files, and whether it comes from the
// passphrase under which they are to be sealed.
type candidate struct {
	*key
	wanted bool
}

// keysOf derives the keys that may open the files, header by header: those of
// the wanted passphrase and of the old one.
func keysOf(files []*file, old, now Passphrase) (map[header][]candidate, error) {
	keys := map[header][]candidate{}
	for _, f := range files {
		if _, known := keys[f.header]; known || !f.sealed() {
			continue
		}
		if len(keys) == maxHeaders {
			return nil, fmt.Errorf("%s: files are sealed in more than %d ways; fix: put them back from one backup", f.path(), maxHeaders)
		}
		var some []candidate
		for _, pass := range []Passphrase{now, old} {
			if pass == nil {
				continue
			}
			k, err := derive(f.header, pass)
			if err != nil {
				return nil, err
			}
			some = append(some, candidate{k, len(some) == 0 && now != nil})
		}
		keys[f.header] = some
	}
	return keys, nil
}

// plan opens every file and returns what to seal under: the key of files that
// are under the new passphrase already, or one of its own.
func plan(files []*file, keys map[header][]candidate, now Passphrase) (target *key, contents [][]byte, err error) {
	for _, f := range files {
		content, by, err := openAny(f, keys[f.header])
		if err != nil {
			return nil, nil, err
		}
		if by.wanted {
			target = by.key
		}
		contents = append(contents, content)
	}
	if target == nil {
		target, err = newKey(now)
	}
	return target, contents, err
}

// openAny opens a file with the first key that does.
func openAny(f *file, keys []candidate) ([]byte, candidate, error) {
	if !f.sealed() {
		content, err := f.open(nil)
		return content, candidate{}, err
	}
	for _, k := range keys {
		if content, err := f.open(k.key); err == nil {
			return content, k, nil
		}
	}
	return nil, candidate{}, fmt.Errorf("%s: %w", f.path(), ErrPassphrase)
}
