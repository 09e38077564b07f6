package attack

import (
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// guarded is a field that is hashed, what this host has in it, and what a thief
// tries to find that.
type guarded struct {
	metric, label string
	value         string
	tried         space
}

// guardedFields are all fields of testdata/hashed.yaml. What this host has is
// among what is tried.
func guardedFields(t testing.TB, around uint64) []guarded {
	t.Helper()
	address, mac, account := ownAddress(t), ownMAC(t), ownAccount(t)
	fields := []guarded{
		{"guarded.address", "", address.String(), addresses(address, around)},
		{"guarded.address", "peer", address.String(), addresses(address, around)},
		{"guarded.mac", "", mac.String(), macs(mac, around)},
		{"guarded.user", "", account, listed(accounts(account))},
		{"guarded.name", "", "", listed(givenNames)},
		{"guarded.word", "", "", listed(words(t))},
		{"guarded.package", "", "", listed(packages(t))},
		{"guarded.country", "", "", listed(countries())},
		{"guarded.version", "", "", listed(versions())},
	}
	for i := range fields {
		if f := &fields[i]; f.value == "" {
			f.value = string(f.tried.at(f.tried.size/3, nil))
		}
	}
	return fields
}

// offers are the records that have the fields' values.
func offers(fields []guarded) (out []rig.Offered) {
	for _, f := range fields {
		if f.label != "" {
			out[len(out)-1].Labels = map[string]string{f.label: f.value} // of the metric before it
			continue
		}
		out = append(out, rig.Offered{Metric: f.metric, Value: f.value})
	}
	return out
}

// TestHashesAreNotReversed has a product report values of which there are lists:
// addresses, MACs, names, words, packages, countries, versions. A thief has the
// store, its keys, the vendor's, and the ID, so that he reads every page; and he
// knows how hashes are made. He tries IPv4 and the lists, and finds nothing. With
// the host's hashing key the same search finds all of it, but only in its field
// and its year, and until its user resets the ID.
func TestHashesAreNotReversed(t *testing.T) {
	t.Parallel()
	dir, year := rig.Dir(t), uint32(time.Now().UTC().Year())
	fields := guardedFields(t, 1<<11)
	host := rob(t, dir, fields)
	tried, hits := uint64(0), 0
	for _, f := range fields {
		ways := func() []*maker { return makers(f.metric, f.label, year, host.knows) }
		for hash, r := range try(f.tried, ways, host.hashes) {
			hits++
			t.Errorf("%x is %s, of %s %s: %s", hash, r.value, f.metric, f.label, r.how)
		}
		tried += f.tried.size * uint64(len(ways()))
		host.control(t, f, year, f.value)
		host.control(t, f, year+1)
		host.control(t, f, year-1)
	}
	if figures.Run(t) == "faults" {
		tried += host.wholeSpaces(t, year)
	}
	if r := rig.Tacit(t, "id", "reset", "--data", dir).Run(t); r.Code != 0 {
		t.Fatalf("tacit id reset: exit %d: %s", r.Code, r.Stderr)
	}
	for hash := range rob(t, dir, fields).hashes {
		if host.hashes[hash] {
			t.Errorf("%x is what it was before the ID was reset", hash)
		}
	}
	figures.Report(t, figures.Stolen, "hashed values, %d M guesses: %d", tried/1e6, hits)
}

// control tries what is tried with the host's hashing key, and checks that it
// finds these values.
func (h *robbed) control(t *testing.T, f guarded, year uint32, want ...string) {
	t.Helper()
	var got []string
	for _, r := range try(f.tried, func() []*maker { return makers(f.metric, f.label, year, []known{h.key}) }, h.hashes) {
		got = append(got, r.value)
	}
	if !slices.Equal(got, want) {
		t.Errorf("with the hashing key, %s %s is found to be %q in %d, and is %q: this thief does not know his trade", f.metric, f.label, got, year, want)
	}
}

// wholeSpaces tries all of IPv4, and all MACs of this host's maker, with the two
// likeliest guesses, and returns how many guesses that were.
func (h *robbed) wholeSpaces(t *testing.T, year uint32) (tried uint64) {
	t.Helper()
	for metric, s := range map[string]space{
		"guarded.address": addresses(ownAddress(t), 1<<32), "guarded.mac": macs(ownMAC(t), 1<<24),
	} {
		likely := func() []*maker {
			return []*maker{
				{name: "SHA-256", hash: sha256.New()},
				{name: "as documented, with the ID for the key", hash: hmac.New(sha256.New, yearKey(h.id, year)), before: documented(metric, "")},
			}
		}
		for hash, r := range try(s, likely, h.hashes) {
			t.Errorf("%x is %s, of %s: %s", hash, r.value, metric, r.how)
		}
		tried += s.size * uint64(len(likely()))
	}
	return tried
}
